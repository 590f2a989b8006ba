// Which run a configuration is: its hash covers options, data, weights and vocabularies, so that equal hashes mean equal results.
import { join } from 'node:path'
import { fromRoot } from '../base/files.ts'
import type { ClassifyConfig } from '../config/classify-config.ts'
import { configHash, type Contents } from '../config/hash.ts'
import type { RunConfig } from '../config/run-config.ts'
import { classifySchema } from '../config/schema.ts'
import { fingerprint } from '../data/fingerprint.ts'
import { hashesPath } from './places.ts'
import { readProblem1 } from './problem-1.ts'
import { checkpoints } from './run-folder.ts'
import { readSplit } from './split.ts'
import { startFiles } from './start.ts'
import { weightsFingerprint } from './weights.ts'

export interface Identity {
  readonly hash: string
  readonly contents: Contents
}

/** Reads data, weights and vocabularies (their hashes, where the files did not change) and gives the run's identity. UserError where a file is missing. */
export async function identityOf(config: RunConfig): Promise<Identity> {
  const contents = {
    data: await dataFingerprint(config.data.root),
    weights: {
      'encoder.weights': await weightsFingerprint({ path: config.encoder.weights, role: 'encoder' }),
      'decoder.weights': await weightsFingerprint({ path: config.decoder.weights, role: 'decoder' }),
      'evaluate.clip.weights': await weightsFingerprint({ path: config.evaluate.clip.weights, role: 'clip' }),
      'decoder.vocabulary': await vocabularyFingerprint(config.decoder.vocabulary),
      'evaluate.clip.vocabulary': await fileFingerprint(config.evaluate.clip.vocabulary),
      ...(config.train.start === '' ? {} : { 'train.start': await fingerprint(startFiles(config.train.start), hashesPath()) }),
    },
  }
  return { hash: configHash(config, contents), contents }
}

/** The identity of a classification: its prompts, the labelled images with the names of their classes, and the CLIP's files. */
export async function classificationIdentity(config: ClassifyConfig): Promise<Identity> {
  const { list, images } = readProblem1(config.data.root)
  const files = [{ name: 'id2label.json', path: list }, ...images.map(({ file, path }) => ({ name: `val/${file}`, path }))]
  const contents = {
    data: await fingerprint(files, hashesPath()),
    weights: {
      'clip.weights': await weightsFingerprint({ path: config.clip.weights, role: 'clip' }),
      'clip.vocabulary': await fileFingerprint(config.clip.vocabulary),
    },
  }
  return { hash: configHash(config, contents, classifySchema()), contents }
}

/** The identity of decoding again what the run in `parent` has learned: that of its config with these options of decode, and the tensors. */
export async function decodingIdentity(config: RunConfig, parent: string): Promise<Identity> {
  const { contents: all } = await identityOf(config)
  const learned = await fileFingerprint(checkpoints(parent).best)
  const contents = { data: all.data, weights: { ...all.weights, 'run.best': learned } }
  return { hash: configHash(config, contents), contents }
}

/** One fingerprint for both splits of problem 2: captions and images. */
export async function dataFingerprint(root: string): Promise<string> {
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
