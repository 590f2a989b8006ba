// What grading reads at full size, made of weights that nobody trained: models in their published formats, and photographs.
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromRoot } from '../src/base/files.ts'
import { writeSafetensors } from '../src/checkpoint/safetensors.ts'
import { loadRunConfig } from '../src/config/load.ts'
import type { RunConfig } from '../src/config/run-config.ts'
import { clip } from '../src/models/clip.ts'
import { clipColours, writePretrained } from '../src/models/pretrained.ts'
import { declared } from '../src/nn/scope.ts'
import type { CaptionsToGrade } from '../src/recipes/grade-captions.ts'
import type { ClassesToGrade } from '../src/recipes/grade-classes.ts'
import { publishedClips } from '../src/recipes/published-sizes.ts'
import { course } from '../src/sources/course.ts'
import { generated } from './generated.ts'
import { fullSizes } from './sizes.ts'
import { talkative } from './talkative.ts'

/** Where the files are made, and where GPT-2's and CLIP's published vocabularies lie. */
export interface Material {
  readonly folder: string
  readonly vocabulary: string
}

const shapeOf = (name: string) => publishedClips.find((clip) => clip.name === name)!.shape
const paths = ({ folder, vocabulary }: Material) => ({
  images: join(folder, 'photographs'),
  clip: { weights: join(folder, 'clip.safetensors'), vocabulary: join(vocabulary, 'bpe_simple_vocab_16e6.txt.gz') },
  classes: join(folder, 'id2label.json'),
  decoder: join(folder, 'decoder.safetensors'),
  trained: join(folder, 'trained.safetensors'),
})

export function linkPhotographs(from: string, material: Material, count: number): void {
  const folder = paths(material).images
  mkdirSync(folder)
  for (const file of readdirSync(from).slice(0, count)) symlinkSync(join(from, file), join(folder, file))
}

/** A CLIP of a published size, half as exact as ours, as published ones are; and names for as many classes as the course has. */
export function writeClip(name: string, material: Material): void {
  const shape = shapeOf(name)
  const weights = generated(declared((scope) => clip(scope, shape)))
  const preprocessing = { size: shape.image.size, ...clipColours, crop_pct: 1, crop: 'center', interpolation: 'bicubic' } as const
  writePretrained(paths(material).clip.weights, { family: 'clip', shape, weights, preprocessing }, 'float16')
  const names = Array.from({ length: course.classes }, (_, i) => [i, `thing ${i}`])
  writeFileSync(paths(material).classes, JSON.stringify(Object.fromEntries(names)))
}

/** GPT-2 small behind that CLIP, with cross-attention in every layer, which writes captions of human lengths; the config of both. */
export function writeCaptioner(name: string, material: Material): RunConfig {
  const sizes = { ...fullSizes, image: shapeOf(name).image }
  const { frozen, trained } = talkative(sizes)
  const { decoder } = paths(material)
  writePretrained(decoder, { family: 'gpt2', shape: sizes.decoder, weights: frozen })
  writeSafetensors(paths(material).trained, trained)
  const beams = 'decode={strategy: beam, beams: 3}'
  return loadRunConfig(fromRoot('configs/b32/none.yaml'), [...partsOf(material), beams]).config
}

/** The options that say where these models are. */
export function partsOf(material: Material): string[] {
  const { clip, decoder } = paths(material)
  return [
    ...[`encoder.weights=${clip.weights}`, `decoder.weights=${decoder}`, `decoder.vocabulary=${material.vocabulary}`],
    ...[`evaluate.clip.weights=${clip.weights}`, `evaluate.clip.vocabulary=${clip.vocabulary}`],
  ]
}

export function classesRequest(material: Material): ClassesToGrade {
  const { clip, classes: list, images } = paths(material)
  const output = join(material.folder, 'labels.csv')
  return { images, list, output, clip, templates: ['a photo of a {object}'] }
}

export function captionsRequest(config: RunConfig, material: Material): CaptionsToGrade {
  const { decoder, trained, images } = paths(material)
  const output = join(material.folder, 'captions.json')
  return { images, decoder, output, config, trained, trainedBeside: '', builtInWorld: false, fallback: '' }
}
