// What CLIP and timm do to a picture before a model sees it: resize, crop, scale to [0, 1], normalise; to the last bit, as torchvision on Pillow images.
import { resizeBicubic } from '../images/resize.ts'
import type { Rectangle, RgbImage } from '../images/rgb-image.ts'

/** How a model's pictures were prepared when its weights were trained. */
export interface Preprocessing {
  /** Side of the model's picture in pixels. */
  readonly size: number
  /** Of red, green and blue in [0, 1]. */
  readonly mean: readonly number[]
  readonly std: readonly number[]
  /** The share of the resized picture's side that the crop keeps; default 1. */
  readonly crop_pct?: number
  /** `center` keeps proportions and cuts the long side's ends; `squash` distorts to a square first. Default: center. */
  readonly crop?: 'center' | 'squash'
  readonly interpolation?: 'bicubic'
}

/** The picture as float32 values of shape (3, size, size). */
export function preprocess(image: RgbImage, preprocessing: Preprocessing): Float32Array<ArrayBuffer> {
  return normalise(resizeAndCrop(image, preprocessing), preprocessing)
}

/** The bytes that `preprocess` normalises: the square of `size` pixels that the model sees. */
export function resizeAndCrop(image: RgbImage, preprocessing: Preprocessing): RgbImage {
  const { width, height, seen } = resizing(image, preprocessing)
  return resizeBicubic(image, width, height, seen)
}

/** The part of an image of the given sides that the model sees, in pixels of that image; not whole ones. */
export function seenPart(image: Sides, preprocessing: Preprocessing): Rectangle {
  const { width, height, seen } = resizing(image, preprocessing)
  const [across, down] = [image.width / width, image.height / height]
  return { left: seen.left * across, top: seen.top * down, width: seen.width * across, height: seen.height * down }
}

type Sides = Pick<RgbImage, 'width' | 'height'>

/** The sides to which an image is resized, and the square of it that is kept. */
function resizing(image: Sides, { size, crop_pct = 1, crop: mode = 'center' }: Preprocessing): Sides & { seen: Rectangle } {
  const scaled = Math.floor(size / crop_pct)
  if (scaled < size) throw new Error(`a crop of ${size} pixels from ${scaled}: crop_pct is ${crop_pct}, at most 1 is possible`)
  const [width, height] = mode === 'squash' ? [scaled, scaled] : withShortSide(image, scaled)
  const [left, top] = [halfToEven((width - size) / 2), halfToEven((height - size) / 2)]
  return { width, height, seen: { left, top, width: size, height: size } }
}

/** The transform in one line, for the fingerprints of cached features: equal lines, equal pixels. */
export function transformText({ size, mean, std, crop_pct = 1, crop: mode = 'center' }: Preprocessing): string {
  return `rgb; bicubic ${Math.floor(size / crop_pct)} ${mode}; crop ${size}; mean ${mean.join(' ')}; std ${std.join(' ')}`
}

/** torchvision's Resize(int): the long side is truncated. */
function withShortSide({ width, height }: Sides, short: number): [number, number] {
  return width <= height ? [short, Math.trunc((short * height) / width)] : [Math.trunc((short * width) / height), short]
}

/** Python's round(): 0.5 -> 0, 1.5 -> 2. */
function halfToEven(value: number): number {
  const floor = Math.floor(value)
  if (value - floor !== 0.5) return Math.round(value)
  return floor % 2 === 0 ? floor : floor + 1
}

/** (byte / 255 - mean) / std with each step rounded to float32: 256 values a channel are all there are. */
function normalise(image: RgbImage, { mean, std }: Preprocessing): Float32Array<ArrayBuffer> {
  const plane = image.width * image.height
  const values = new Float32Array(3 * plane)
  for (let channel = 0; channel < 3; channel++) {
    const [middle, spread] = [Math.fround(mean[channel]!), Math.fround(std[channel]!)]
    const table = Float32Array.from({ length: 256 }, (_, byte) => Math.fround(Math.fround(byte / 255) - middle) / spread)
    for (let i = 0; i < plane; i++) values[channel * plane + i] = table[image.data[3 * i + channel]!]!
  }
  return values
}
