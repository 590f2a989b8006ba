// Weights files before they are read: whole where they are published ones, understood, and told apart by all that decides what they compute.
import { statSync } from 'node:fs'
import { UserError } from '../base/errors.ts'
import { fromRoot, sha256 } from '../base/files.ts'
import { openCheckpoint } from '../checkpoint/open.ts'
import type { ClassifyConfig } from '../config/classify-config.ts'
import type { RunConfig } from '../config/run-config.ts'
import { contentHashes, fingerprint } from '../data/fingerprint.ts'
import { describeAs, type Role } from '../models/pretrained.ts'
import { publishedAs, sources, type PublishedFile, type Source } from '../sources/published.ts'
import { hashesPath } from './places.ts'

/** A weights file and what it is read as. */
export interface WeightsFile {
  /** As the config writes it. */
  readonly path: string
  readonly role: Role
}

/** The weights that a run reads. */
export function weightsOf({ encoder, decoder, evaluate }: RunConfig): WeightsFile[] {
  return [
    { path: encoder.weights, role: 'encoder' },
    { path: decoder.weights, role: 'decoder' },
    { path: evaluate.clip.weights, role: 'clip' },
  ]
}

/** The weights that a classification reads. */
export function classificationWeights({ clip }: Pick<ClassifyConfig, 'clip'>): WeightsFile[] {
  return [{ path: clip.weights, role: 'clip' }]
}

/**
 * Looks at weights before any work, reading none of their values, and gives what the user should know of how they were understood, each
 * sentence once. Throws UserError where a file is damaged, or is no model of its role: a judge needs both of CLIP's towers.
 */
export async function checkWeights(files: readonly WeightsFile[]): Promise<readonly string[]> {
  const warnings = new Set<string>()
  for (const { path, role } of files) {
    for (const warning of await requireWhole(path)) warnings.add(warning)
    for (const warning of describeAs(role, fromRoot(path)).warnings) warnings.add(warning)
  }
  return [...warnings]
}

/**
 * Throws UserError where a file is called as one of OpenAI's and holds something else. A TorchScript archive under another name that is
 * as long as one of them, but another, is somebody's own: that is a warning. Hashes are remembered while a file does not change.
 */
export async function requireWhole(path: string): Promise<readonly string[]> {
  const absolute = fromRoot(path)
  const named = publishedAs(absolute)
  if (named !== undefined && isClip(named.source)) {
    const found = await hashOf(absolute)
    if (found === named.file.sha256) return []
    throw new UserError(
      `${path}: the SHA-256 is ${found}, the published ${named.file.name} has ${named.file.sha256}: the download is damaged or was cut off; fetch it again by \`captune get ${named.source.name}\`, or give the file another name if it is your own.`,
    )
  }
  const twin = clipFiles().find(({ bytes }) => bytes === sizeOf(absolute))
  if (twin === undefined || openCheckpoint(absolute).format !== 'TorchScript' || (await hashOf(absolute)) === twin.sha256)
    return []
  return [`${path}: it is as long as the published ${twin.name} and holds something else; it is taken for your own.`]
}

/** The name of the published CLIP that this file is, to the last byte; undefined where it is none. */
export async function publishedName(path: string): Promise<string | undefined> {
  const candidates = clipFiles().filter(({ bytes }) => bytes === sizeOf(fromRoot(path)))
  if (candidates.length === 0) return undefined
  const hash = await hashOf(fromRoot(path))
  return candidates.find((file) => file.sha256 === hash)?.name
}

/**
 * Equal exactly where two files hold the same bytes and are understood in the same way: what was told by a file beside the weights or by
 * their name, and changes what they compute, is part of it. What is no model at all is told by whoever reads it, not here.
 */
export async function weightsFingerprint({ path, role }: WeightsFile): Promise<string> {
  const bytes = await fingerprint([{ name: 'weights', path: fromRoot(path) }], hashesPath())
  const beyond = toldOutside(role, fromRoot(path))
  return beyond === '' ? bytes : sha256(`${bytes}; ${beyond}`)
}

function toldOutside(role: Role, path: string): string {
  try {
    return describeAs(role, path).beyond
  } catch (error) {
    if (error instanceof UserError) return ''
    throw error
  }
}

const isClip = ({ name }: Source): boolean => name.startsWith('clip ')
const clipFiles = (): PublishedFile[] => sources.filter(isClip).flatMap(({ files }) => files)
const sizeOf = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.size

async function hashOf(path: string): Promise<string> {
  return (await contentHashes([{ name: 'weights', path }], hashesPath()))['weights']!
}
