// configs/submission.yaml: what the grading scripts run. `captune submit` writes it, the program and hw3_download.sh read it.
import { join } from 'node:path'
import { fromRoot, packageRoot, readJson, writeAtomically } from '../base/files.ts'
import { check } from '../config/check.ts'
import { runKind } from '../config/kinds.ts'
import { resolveConfig } from '../config/load.ts'
import { throwProblems, type Problem } from '../config/problems.ts'
import type { RunConfig } from '../config/run-config.ts'
import type { Schema } from '../config/schema.ts'
import { subtree } from '../config/tree.ts'
import { readYamlFile, toYaml } from '../config/yaml-source.ts'

export interface Submission {
  readonly classes: SubmittedClasses
  readonly captions: SubmittedCaptions
  readonly files: readonly HostedFile[]
}

/** Problem 1. */
export interface SubmittedClasses {
  /** The classification that it comes from. */
  readonly run?: string
  readonly clip: { readonly weights: string; readonly vocabulary: string }
  readonly templates: readonly string[]
  /** What the run scored. */
  readonly accuracy?: number
}

/** Problem 2. */
export interface SubmittedCaptions {
  readonly run: string
  /** Path of the trained tensors. */
  readonly weights: string
  /** SHA-256 of the values of the decoder that they were trained beside. */
  readonly decoder: string
  readonly built_in_world: boolean
  /** The caption of an image that cannot be read. */
  readonly fallback: string
  /** The grader's limit: captions are refined while they last. */
  readonly minutes: number
  readonly scores?: { readonly cider: number; readonly clipscore?: number }
  readonly config: RunConfig
}

/** A file that hw3_download.sh fetches. */
export interface HostedFile {
  /** What `captune submit --url` calls it. */
  readonly name: string
  readonly path: string
  readonly bytes: number
  readonly sha256: string
  /** An archive is unpacked into this folder. */
  readonly unpack?: string
  readonly url: string
}

/** Git's host refuses larger files. */
export const largestCommitted = 50_000_000

export const submissionPath: string = fromRoot('configs/submission.yaml')

/** Reads and checks a submission. Throws one UserError with a line for each mistake. */
export function readSubmission(path = submissionPath): Submission {
  const problems: Problem[] = []
  const tree = readYamlFile(path, 'the submission', problems)
  const schema = readJson(join(packageRoot, 'configs/submission.schema.json'), 'the list of options') as Schema
  problems.push(...check(schema, tree))
  throwProblems(problems)
  const { classes, captions, files } = tree.value as Submission
  const loaded = resolveConfig(runKind, subtree(tree, ['captions', 'config']), problems)
  throwProblems(problems)
  return { classes, captions: { ...captions, config: loaded!.config }, files }
}

/** Writes a submission as it is read, by the program and line by line by hw3_download.sh. */
export function writeSubmission(submission: Submission, path = submissionPath): void {
  const files = submission.files.map(({ name, path, bytes, sha256, unpack, url }) => ({
    name,
    path,
    bytes,
    sha256,
    ...(unpack === undefined ? {} : { unpack }),
    url, // the last: the script fetches when it has read it
  }))
  writeAtomically(path, heading + toYaml({ ...submission, files }))
}

const heading = `# What hw3_1.sh and hw3_2.sh run and hw3_download.sh fetches. Written by \`captune submit\`; \`captune check\` says whether it will be graded.
`
