// Pillow's view of a GIF's first frame: pixels marked as transparent keep their colour, and where the frame leaves the picture uncovered
// it is filled with that colour. libvips blackens both, so the mark is taken off before it decodes and the rest is painted afterwards.
import type { Rectangle, RgbImage } from './rgb-image.ts'

export interface GifFrame {
  /** The file with the first frame's mark of transparency taken off. */
  readonly opaque: Uint8Array
  /** The part of the picture that the frame covers. */
  readonly covered: Rectangle
  /** Red, green and blue of the rest. */
  readonly around: Uint8Array
}

const extension = 0x21
const graphicControl = 0xf9
const imageDescriptor = 0x2c
const headerLength = 13

/** The first frame; undefined where the file ends before it begins. */
export function firstFrame(bytes: Uint8Array): GifFrame | undefined {
  const opaque = Uint8Array.from(bytes)
  const screenColours = colourTable(opaque, 10, headerLength)
  let transparent = 0 // the colour that Pillow fills with where none is transparent
  let at = headerLength + screenColours.length
  for (; opaque[at] === extension; at = afterBlocks(opaque, at + 2)) {
    if (opaque[at + 1] !== graphicControl || (opaque[at + 3]! & 1) === 0) continue
    opaque[at + 3]! &= ~1
    transparent = opaque[at + 6] ?? 0
  }
  if (opaque[at] !== imageDescriptor || at + 10 > opaque.length) return undefined
  const frameColours = colourTable(opaque, at + 9, at + 10)
  const colours = frameColours.length > 0 ? frameColours : screenColours
  const [left, top, width, height] = [1, 3, 5, 7].map((place) => opaque[at + place]! + 256 * opaque[at + place + 1]!)
  const covered = { left: left!, top: top!, width: width!, height: height! }
  return { opaque, covered, around: colours.slice(3 * transparent, 3 * transparent + 3) }
}

/** The table at `start` of which the flags at `flags` tell whether it is there and how long: 3 bytes a colour. */
function colourTable(bytes: Uint8Array, flags: number, start: number): Uint8Array {
  const packed = bytes[flags] ?? 0
  return bytes.subarray(start, start + (packed & 0x80 ? 3 * 2 ** ((packed & 7) + 1) : 0))
}

/** Behind a chain of blocks, each preceded by its length, that an empty one ends. */
function afterBlocks(bytes: Uint8Array, start: number): number {
  let at = start
  for (let length = bytes[at]; length !== undefined && length > 0; length = bytes[at]) at += length + 1
  return at + 1
}

/** Paints all that the frame does not cover, in place. */
export function paintAround(image: RgbImage, { covered, around }: GifFrame): RgbImage {
  const { left, top, width, height } = covered
  for (let y = 0; y < image.height; y++) {
    const inside = y >= top && y < top + height
    for (let x = 0; x < image.width; x++) {
      if (inside && x >= left && x < left + width) x = left + width - 1
      else image.data.set(around, 3 * (y * image.width + x))
    }
  }
  return image
}
