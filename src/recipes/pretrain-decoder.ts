// The built-in world's decoder: a small GPT-2 that has read captions and never seen an image.
import type { Report } from '../base/progress.ts'
import { random } from '../base/random.ts'
import { decoderCaption, worldText } from '../data/shapes/captions.ts'
import type { Engine } from '../engine/engine.ts'
import { gpt2, gpt2Logits } from '../models/gpt2.ts'
import { writePretrained } from '../models/pretrained.ts'
import { initialise } from '../nn/initialise.ts'
import { bind, declared } from '../nn/scope.ts'
import { gpt2Tokenizer } from '../tokenizer/gpt2.ts'
import { trainGpt2Vocabulary } from '../tokenizer/train-bpe.ts'
import { captionBatch, captionLoss } from '../training/loss.ts'
import { pretrain } from './pretrain.ts'

const size = { layers: 4, heads: 4, width: 128, positions: 64 }
const rows = 64
const length = 32
const merges = 400

export interface PretrainOptions {
  readonly steps: number
  readonly seed: number
  /** The weights' file, safetensors in half precision. */
  readonly output: string
  /** Where the vocabulary is written that the model reads with. */
  readonly vocabulary: string
  readonly report: Report
  readonly signal?: AbortSignal
}

/** Makes vocabulary and weights from the world's captions alone; the same seed gives the same files on the same engine. Returns the last loss. */
export async function pretrainDecoder(engine: Engine, options: PretrainOptions): Promise<number> {
  const { seed, vocabulary, output } = options
  trainGpt2Vocabulary(worldText(seed, 20_000), vocabulary, { merges, dialect: 'course' })
  const tokenizer = gpt2Tokenizer(vocabulary, 'course')
  const shape = { ...size, vocabulary: tokenizer.size }
  const build = (scope: Parameters<typeof gpt2>[0]) => gpt2(scope, shape, { trained: true })
  const chance = random(seed, 'pretrain', 'decoder')

  const { weights, loss } = await pretrain(engine, {
    ...options,
    label: 'decoder',
    weights: initialise(declared(build), seed),
    inputs: { ids: { dtype: 'int32', shape: [rows, length] }, targets: { dtype: 'int32', shape: [rows, length] } },
    loss: ({ state, inputs }) => captionLoss(gpt2Logits(build(bind(state)), inputs['ids']!), inputs['targets']!),
    batch() {
      const captions = Array.from({ length: rows }, () => tokenizer.encode(decoderCaption(chance)))
      const { inputs, targets } = captionBatch(captions, { ...tokenizer, pad: tokenizer.end, length })
      return { ids: inputs, targets }
    },
    peak: 2e-3,
  })
  writePretrained(output, { family: 'gpt2', shape, weights }, 'float16')
  return loss
}
