// The built-in world where a configuration wants it: made on the first use, with the decoder's files beside the data as the course lays them out.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromRoot, writeAtomically } from '../base/files.ts'
import { readSafetensors } from '../checkpoint/safetensors.ts'
import { writeTorchZip } from '../checkpoint/torch-zip.ts'
import type { RunConfig } from '../config/run-config.ts'
import { makeWorld, worldState, type World, type WorldWishes } from '../data/shapes/world.ts'
import type { EncodeOptions } from './encode.ts'

/** Where the world lies unless somebody wants it elsewhere. */
export const worldRoot = 'data/shapes'
const decoderWeights = 'weights/shapes/decoder.safetensors'
const vocabulary = 'weights/shapes/gpt2'

/** Makes the built-in world in its usual place if `config` stands on it and it is not there. Other data is the user's to bring. */
export async function provideData(config: RunConfig, { report, signal }: EncodeOptions): Promise<void> {
  const root = fromRoot(config.data.root)
  if (root !== fromRoot(worldRoot) || worldState(root) === 'complete') return
  await makeShapes(root, {}, { report, signal })
}

/** Makes the world in `root`: images, captions, labels, and `p2_data/{decoder_model.bin,encoder.json,vocab.bpe}`. */
export async function makeShapes(root: string, wishes: Partial<WorldWishes>, { report, signal }: EncodeOptions): Promise<World> {
  const world = await makeWorld(root, wishes, report, signal)
  const folder = join(root, 'p2_data')
  if (existsSync(fromRoot(decoderWeights))) copyDecoder(join(folder, 'decoder_model.bin'))
  for (const name of ['encoder.json', 'vocab.bpe']) {
    const source = join(fromRoot(vocabulary), name)
    if (existsSync(source)) writeAtomically(join(folder, name), readFileSync(source))
  }
  return world
}

/** The decoder as the course hands it out: a PyTorch archive. */
function copyDecoder(path: string): void {
  const decoder = readSafetensors(fromRoot(decoderWeights))
  writeTorchZip(path, decoder.readAll(), decoder.metadata)
}
