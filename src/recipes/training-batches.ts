// What a train step is given: packed captions and their images, in batches of one size for the whole training.
import type { NamedArrays } from '../base/nd-array.ts'
import { captionBatches, type CaptionBatches } from '../data/batches.ts'
import { normaliseCaption } from '../data/coco-captions.ts'
import type { ArraySpec } from '../engine/engine.ts'
import { packCaptions, realPositions, sizesFor, type PackedSizes } from '../training/pack.ts'
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
  const sizes = sizesFor({ [Symbol.iterator]: () => lengthsOf(batches, epochs) }, images)
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

/** The real positions of each caption, batch by batch of the whole training. */
function* lengthsOf({ perEpoch, lengths }: CaptionBatches, epochs: number): Generator<number[]> {
  for (let epoch = 0; epoch < epochs; epoch++)
    for (let index = 0; index < perEpoch; index++) yield lengths(epoch, index).map(realPositions)
}

/** A train step's inputs beside the optimizer's; `rowShape` is that of an image's features. */
export function captionInputs(rowShape: readonly number[], { rows, lines, length, images, perImage }: PackedSizes) {
  const row: ArraySpec = { dtype: 'int32', shape: [rows] }
  const line: ArraySpec = { dtype: 'int32', shape: [lines, length] }
  return {
    features: { dtype: 'float32', shape: [images, ...rowShape] },
    ...{ ids: row, positions: row, targets: row, linePlaces: row, imagePlaces: row },
    ...{ lineSeats: line, lineStarts: line },
    imageSeats: { dtype: 'int32', shape: [images, perImage] },
  } as const satisfies Record<string, ArraySpec>
}
