// The built-in world's CLIP: two small towers taught, on endless fresh scenes, which caption belongs to which picture.
import { floats, type NamedArrays } from '../base/nd-array.ts'
import { random, type Random } from '../base/random.ts'
import { clipCaption, templates, worldText } from '../data/shapes/captions.ts'
import { drawScene } from '../data/shapes/draw.ts'
import { scene, side, type Scene } from '../data/shapes/scene.ts'
import { labelOf } from '../data/shapes/things.ts'
import type { Engine } from '../engine/engine.ts'
import { clip, contrastiveLoss, textEmbedding, type ClipShape } from '../models/clip.ts'
import { clipColours, writePretrained } from '../models/pretrained.ts'
import { vitEmbedding, vitTokens } from '../models/vit.ts'
import { initialise } from '../nn/initialise.ts'
import { bind, declared, type Scope } from '../nn/scope.ts'
import { clipTokenizer, type ClipTokenizer } from '../tokenizer/clip.ts'
import { trainClipVocabulary } from '../tokenizer/train-bpe.ts'
import type { PretrainOptions } from './pretrain-decoder.ts'
import { pretrain } from './pretrain.ts'

const rules = { activation: 'quick_gelu', epsilon: 1e-5, embedding: 128 } as const
const image = { ...rules, size: side, patch: 8, width: 128, layers: 3, heads: 4 }
const text = { ...rules, context: 32, width: 128, layers: 2, heads: 4 }
const rows = 48 // at most the number of things: no two pictures of a batch may show the same
const merges = 400

/** Makes vocabulary and weights from the world alone; the same seed gives the same files on the same engine. Returns the last loss. */
export async function pretrainClip(engine: Engine, options: PretrainOptions): Promise<number> {
  const { seed, vocabulary, output } = options
  trainClipVocabulary(worldText(seed, 20_000), vocabulary, { merges })
  const tokenizer = clipTokenizer(vocabulary)
  const shape: ClipShape = { image, text: { ...text, vocabulary: tokenizer.size } }
  const build = (scope: Scope) => clip(scope, shape, { trained: true })
  const chance = random(seed, 'pretrain', 'clip')

  const { weights, loss } = await pretrain(engine, {
    ...options,
    label: 'clip',
    weights: initialise(declared(build), seed),
    inputs: { images: { dtype: 'float32', shape: [rows, 3, side, side] }, ids: { dtype: 'int32', shape: [rows, text.context] } },
    loss({ state, inputs }) {
      const model = build(bind(state))
      const pictures = vitEmbedding(model.visual, vitTokens(model.visual, inputs['images']!))
      return contrastiveLoss(pictures, textEmbedding(model.text, inputs['ids']!), model.logit_scale)
    },
    batch: (n) => pairs(chance, tokenizer, n / options.steps),
    peak: 6e-4, // at 2e-3 the loss stays where colours alone take it
  })
  const preprocessing = { size: side, ...clipColours, crop_pct: 1, crop: 'center', interpolation: 'bicubic' } as const
  writePretrained(output, { family: 'clip', shape, weights, preprocessing }, 'float16')
  return loss
}

/**
 * A picture and its caption as the training goes on: large lone objects with a template for a caption first, then lone ones of any size,
 * then mostly scenes. What shapes are, and what they are called, must be known before richer pictures and words teach more than colours.
 */
function lesson(chance: Random, progress: number, picture: number): { drawn: Scene; caption: string } {
  if (progress < 0.2) {
    const drawn = scene(chance, { count: 1, first: { size: 'large' } })
    return { drawn, caption: templates[chance.pick(['photo', 'aPhoto'] as const)].replace('{}', labelOf(drawn.objects[0]!)) }
  }
  const lone = Math.min(1, Math.max(0.3, 1 - 5 * (progress - 0.3)))
  const drawn = scene(chance, picture < lone * rows ? { count: 1 } : {})
  return { drawn, caption: clipCaption(drawn, chance) }
}

/** Pictures with their captions, each of other things than all others: else a caption would be called wrong for a picture that it fits. */
function pairs(chance: Random, tokenizer: ClipTokenizer, progress: number): NamedArrays {
  const captions = new Map<string, string>()
  const images = new Float32Array(rows * 3 * side * side)
  while (captions.size < rows) {
    const { drawn, caption } = lesson(chance, progress, captions.size)
    const shown = drawn.objects.map(labelOf).sort().join()
    if (captions.has(shown)) continue
    images.set(normalised(drawScene(drawn)), captions.size * 3 * side * side)
    captions.set(shown, caption)
  }
  return {
    images: floats([rows, 3, side, side], images),
    ids: tokenizer.tokenize([...captions.values()], { context: text.context }),
  }
}

/** RGB bytes, row by row, as the towers take pixels: channel by channel, with CLIP's mean and deviation. */
function normalised(pixels: Uint8Array): Float32Array {
  const area = side * side
  return Float32Array.from({ length: 3 * area }, (_, i) => {
    const channel = Math.floor(i / area)
    return (pixels[3 * (i % area) + channel]! / 255 - clipColours.mean[channel]!) / clipColours.std[channel]!
  })
}
