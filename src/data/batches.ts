// Training batches of fixed shape: I images with C captions each, adjacent, so that an image's keys and values are computed once.
// Batch k of epoch e depends on (seed, e, k) alone: a resumed run needs only numbers.
import { random } from '../base/random.ts'

export interface CaptionBatchOptions {
  /** The captions of each image as token ids, without start and end. Images without captions take no part. */
  readonly captions: readonly (readonly (readonly number[])[])[]
  /** Images in a batch (I). */
  readonly images: number
  /** Captions of each image in a batch (C). */
  readonly perImage: number
  /** Tokens of a caption with its start and end; longer captions are cut to fit. */
  readonly length: number
  readonly seed: number
}

export interface CaptionBatch {
  /** Positions in `captions` (I); every one at most once an epoch, unless there are fewer than I in all. */
  readonly images: readonly number[]
  /** Token ids without start and end (I*C), the C captions of an image adjacent, in the order of `images`. */
  readonly captions: readonly (readonly number[])[]
}

export interface CaptionBatches {
  readonly perEpoch: number
  /** Captions that are longer than `length` allows. */
  readonly cut: number
  batch(epoch: number, index: number): CaptionBatch
  /** Tokens of each caption of a batch, without start and end, which are known at once. */
  lengths(epoch: number, index: number): number[]
}

/**
 * Batches over a new order of the images each epoch. The last, incomplete batch of an epoch is dropped: another order's turn comes in
 * the next epoch. Where all images together do not fill one batch, they are repeated in turn to fill it. An image with more than C
 * captions goes through all of them over the epochs, in an order of its own; one with fewer repeats them.
 */
export function captionBatches({ captions, images, perImage, length, seed }: CaptionBatchOptions): CaptionBatches {
  const longest = length - 2
  const usable = captions.flatMap((own, image) => (own.length > 0 ? [image] : []))
  if (usable.length === 0) throw new Error('captionBatches: no image has a caption')
  if (images < 1 || perImage < 1 || longest < 1)
    throw new Error('captionBatches: a batch needs an image, a caption and room for a token')
  const fitted = captions.map((own, image) =>
    random(seed, 'captions', image)
      .shuffled(own)
      .map((ids) => ids.slice(0, longest)),
  )
  const perEpoch = Math.max(1, Math.floor(usable.length / images))
  let shuffled: { epoch: number; order: number[] } | undefined

  function orderOf(epoch: number): number[] {
    if (shuffled?.epoch !== epoch) shuffled = { epoch, order: random(seed, 'images', epoch).shuffled(usable) }
    return shuffled.order
  }

  /** The i-th caption of an image in an epoch. */
  function captionOf(image: number, epoch: number, i: number): readonly number[] {
    const own = fitted[image]!
    return own[(epoch * perImage + i) % own.length]!
  }

  /** The i-th image of a batch. */
  function imageOf(epoch: number, index: number, i: number): number {
    const order = orderOf(epoch)
    return order[(index * images + i) % order.length]!
  }

  function batch(epoch: number, index: number): CaptionBatch {
    if (index < 0 || index >= perEpoch) throw new Error(`captionBatches: batch ${index} of ${perEpoch}`)
    const chosen = Array.from({ length: images }, (_, i) => imageOf(epoch, index, i))
    const each = (image: number) => Array.from({ length: perImage }, (_, i) => captionOf(image, epoch, i))
    return { images: chosen, captions: chosen.flatMap(each) }
  }

  function lengths(epoch: number, index: number): number[] {
    const all: number[] = []
    for (let i = 0; i < images; i++) {
      const image = imageOf(epoch, index, i)
      for (let j = 0; j < perImage; j++) all.push(captionOf(image, epoch, j).length)
    }
    return all
  }

  const cut = captions.flat().filter((ids) => ids.length > longest).length
  return { perEpoch, cut, batch, lengths }
}
