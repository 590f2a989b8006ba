// The files that the grading scripts read, by the names that `captune submit --url` calls them.
import { join } from 'node:path'
import type { Submission } from './submission.ts'

export interface NeededFile {
  readonly name: string
  /** Relative to the checkout's root. */
  readonly path: string
  /** Where an archive is unpacked. */
  readonly unpack?: string
}

/** Node, the program and its libraries for a machine that has none of them; nobody commits it. */
export const runtimeFile: NeededFile = { name: 'runtime', path: 'submission/runtime.tar.gz', unpack: '.' }

/** Everything that the scripts read, each path once; the runtime archive aside. */
export function neededFiles({ classes: { clip }, captions: { weights, config } }: Omit<Submission, 'files'>): NeededFile[] {
  const files = [
    { name: 'trained', path: weights },
    { name: 'encoder', path: config.encoder.weights },
    { name: 'tokens', path: join(config.decoder.vocabulary, 'encoder.json') },
    { name: 'merges', path: join(config.decoder.vocabulary, 'vocab.bpe') },
    { name: 'clip', path: clip.weights },
    { name: 'clip-vocabulary', path: clip.vocabulary },
  ]
  return files.filter(({ path }, i) => files.findIndex((other) => other.path === path) === i)
}
