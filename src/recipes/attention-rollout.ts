// How much of an image reached each position of a text through all layers: attention rollout (Abnar & Zuidema 2020), carried over to
// decoders that look at an image.
import { floats, type FloatArray } from '../base/nd-array.ts'

/** One layer's attention, averaged over its heads. */
export interface LayerAttention {
  /** [T, past + T]; of what stands before the text nothing comes from the image. */
  readonly text: FloatArray
  /** [T, N]; a layer without cross-attention has none. */
  readonly image?: FloatArray | undefined
}

/**
 * [T, N], each row with the sum 1. In every attention half of a position's state stays as it was (the residual stream) and half is what it
 * attends to; what is left of the image at the end is normalised. Throws where no layer looks.
 */
export function attentionRollout(layers: readonly LayerAttention[]): FloatArray {
  const shape = layers.find(({ image }) => image !== undefined)?.image?.shape
  if (shape === undefined) throw new Error('the rollout of a decoder that never looks at an image')
  const [length, tokens] = shape as [number, number]
  let share = new Float64Array(length * tokens) // of each image token, in each position
  for (const { text, image } of layers) {
    share = halved(share, carried(share, text, length, tokens))
    if (image !== undefined) share = halved(share, image.data)
  }
  const normalised = Float32Array.from(share, (value, i) => {
    const row = Math.floor(i / tokens) * tokens
    return value / share.subarray(row, row + tokens).reduce((sum, each) => sum + each, 0)
  })
  return floats([length, tokens], normalised)
}

function halved(kept: Float64Array, taken: ArrayLike<number>): Float64Array<ArrayBuffer> {
  return Float64Array.from(kept, (value, i) => (value + taken[i]!) / 2)
}

/** What positions take over from each other: (T, T) x (T, N), the columns of the past left out. */
function carried(share: Float64Array, { shape, data }: FloatArray, length: number, tokens: number): Float64Array {
  const columns = shape[1]!
  const past = columns - length
  const taken = new Float64Array(length * tokens)
  for (let to = 0; to < length; to++) {
    for (let from = 0; from <= to; from++) {
      const weight = data[to * columns + past + from]!
      for (let n = 0; n < tokens; n++) taken[to * tokens + n]! += weight * share[from * tokens + n]!
    }
  }
  return taken
}
