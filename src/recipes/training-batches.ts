// What a train step is given: packed captions and their images, in batches of one size for the whole training.
import type { NamedArrays } from '../base/nd-array.ts'
import type { RunConfig } from '../config/run-config.ts'
import { captionBatches } from '../data/batches.ts'
import { normaliseCaption } from '../data/coco-captions.ts'
import type { ArraySpec } from '../engine/engine.ts'
import { packCaptions, realPositions, rowsFor, type PackedSizes } from '../training/pack.ts'
import type { Split } from './split.ts'
import type { Task } from './task.ts'

export interface TrainingBatches {
  readonly perEpoch: number
  readonly sizes: PackedSizes
  /** Everything but the features of `stems`, which are the batch's images (I). */
  batch(epoch: number, index: number): { readonly stems: readonly string[]; readonly captions: NamedArrays }
}

/** The batches of a training on `split`. */
export function trainingBatches({ tokenizer, config }: Task, split: Split): TrainingBatches {
  const { images, captions: perImage, max_length: length, epochs } = config.train
  const stems = split.images.map(({ stem }) => stem)
  const captions = stems.map((stem) => (split.references[stem] ?? []).map((text) => tokenizer.encode(normaliseCaption(text))))
  const batches = captionBatches({ captions, images, perImage, length, seed: config.seed })
  const sizes = sizesOf(batches, epochs, images * perImage)
  return {
    perEpoch: batches.perEpoch,
    sizes,
    batch(epoch, index) {
      const chosen = batches.batch(epoch, index)
      const packed = packCaptions(chosen.captions, tokenizer, sizes)
      return { stems: chosen.images.map((position) => stems[position]!), captions: { ...packed } }
    },
  }
}

/** As little as any batch of the training needs. */
function sizesOf(batches: ReturnType<typeof captionBatches>, epochs: number, captions: number): PackedSizes {
  let [most, length] = [0, 0]
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let index = 0; index < batches.perEpoch; index++) {
      const { tokens, longest } = batches.extent(epoch, index)
      most = Math.max(most, tokens + captions * realPositions(0))
      length = Math.max(length, realPositions(longest))
    }
  }
  return { captions, length, rows: rowsFor(most, { captions, length }) }
}

/** A train step's inputs beside the optimizer's; `rowShape` is that of an image's features. */
export function captionInputs(
  { images }: RunConfig['train'],
  rowShape: readonly number[],
  { captions, length, rows }: PackedSizes,
) {
  const row: ArraySpec = { dtype: 'int32', shape: [rows] }
  return {
    features: { dtype: 'float32', shape: [images, ...rowShape] },
    ...{ ids: row, positions: row, targets: row, places: row },
    seats: { dtype: 'int32', shape: [captions, length] },
  } as const satisfies Record<string, ArraySpec>
}
