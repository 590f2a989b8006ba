// Which run a configuration is: its hash covers options, data, weights and vocabularies, so that equal hashes mean equal results.
import { join } from 'node:path'
import { fromRoot } from '../base/files.ts'
import { configHash, type Contents } from '../config/hash.ts'
import type { RunConfig } from '../config/run-config.ts'
import { fingerprint } from '../data/fingerprint.ts'
import { hashesPath } from './places.ts'
import { readSplit } from './split.ts'

export interface Identity {
  readonly hash: string
  readonly contents: Contents
}

/** Reads data, weights and vocabularies (their hashes, where the files did not change) and gives the run's identity. UserError where a file is missing. */
export async function identityOf(config: RunConfig): Promise<Identity> {
  const contents = {
    data: await dataFingerprint(config.data.root),
    weights: {
      'encoder.weights': await fileFingerprint(config.encoder.weights),
      'decoder.weights': await fileFingerprint(config.decoder.weights),
      'evaluate.clip.weights': await fileFingerprint(config.evaluate.clip.weights),
      'decoder.vocabulary': await vocabularyFingerprint(config.decoder.vocabulary),
      'evaluate.clip.vocabulary': await fileFingerprint(config.evaluate.clip.vocabulary),
    },
  }
  return { hash: configHash(config, contents), contents }
}

/** One fingerprint for both splits of problem 2: captions and images. */
async function dataFingerprint(root: string): Promise<string> {
  const folder = join(fromRoot(root), 'p2_data')
  const files = (['train', 'val'] as const).flatMap((name) => [
    { name: `${name}.json`, path: join(folder, `${name}.json`) },
    ...readSplit(root, name).images.map(({ file, path }) => ({ name: `${name}/${file}`, path })),
  ])
  return fingerprint(files, hashesPath())
}

/** A vocabulary decides what is learned as much as weights do. */
function vocabularyFingerprint(folder: string): Promise<string> {
  const files = ['encoder.json', 'vocab.bpe'].map((name) => ({ name, path: join(fromRoot(folder), name) }))
  return fingerprint(files, hashesPath())
}

const fileFingerprint = (path: string): Promise<string> => fingerprint([{ name: 'weights', path: fromRoot(path) }], hashesPath())
