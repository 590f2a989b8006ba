// Reading pictures to the bytes that Pillow's `Image.open(f).convert("RGB")` gives: EXIF rotation and colour profiles are ignored,
// transparency is dropped without blending, 16-bit grey is clipped. (Tried on every kind of these formats that Pillow writes; what
// differs is a GIF without any colour table.) Truncated, unreadable and monstrous files are refused with a sentence.
import sharp from 'sharp'
import type { Metadata, Sharp } from 'sharp'
import { messageOf, UserError } from '../base/errors.ts'
import { readBytes } from '../base/files.ts'
import { firstFrame, paintAround } from './gif.ts'
import type { RgbImage } from './rgb-image.ts'

/** Pillow refuses more pixels than this as a decompression bomb. */
const mostPixels = 178_956_970
const formats: readonly string[] = ['jpeg', 'png', 'webp', 'gif']
const needed = 'a JPEG, PNG, WebP or GIF file is needed'

const options = { failOn: 'truncated', ignoreIcc: true, limitInputPixels: mostPixels, sequentialRead: true } as const

// Images are decoded several at a time by their callers; a second level of threads, and a cache of files read once, would only cost.
sharp.concurrency(1)
sharp.cache(false)

/**
 * The pixels of a JPEG, PNG, WebP or GIF (first frame) file, given by its path or its bytes; `name` stands for the file in messages.
 * Throws UserError where it is missing, empty, truncated, damaged, too large or no such image.
 */
export async function decodeRgb(
  source: string | Uint8Array,
  name = typeof source === 'string' ? source : 'the image',
): Promise<RgbImage> {
  const bytes = typeof source === 'string' ? readBytes(source, 'the image') : source
  if (bytes.length === 0) throw new UserError(`${name}: the image is empty (0 bytes); a JPEG or PNG file is needed.`)
  try {
    const frame = formatOf(bytes) === 'GIF' ? firstFrame(bytes) : undefined
    const image = sharp(frame?.opaque ?? bytes, options)
    const metadata = await image.metadata()
    if (!formats.includes(metadata.format)) throw new Error('unsupported image format')
    const pixels = await pixelsOf(image, metadata, bytes)
    return frame === undefined ? pixels : paintAround(pixels, frame)
  } catch (error) {
    throw failure(name, bytes, error)
  }
}

async function pixelsOf(image: Sharp, metadata: Metadata, bytes: Uint8Array): Promise<RgbImage> {
  if (metadata.space === 'cmyk') return await fromCmyk(image)
  if (isGrey16(bytes)) return await fromGrey16(image)
  const { data, info } = await image.removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, data: bytesOf(data) }
}

/** Whether a PNG holds 16-bit grey without an alpha channel; a colour marked as transparent is none. */
function isGrey16(bytes: Uint8Array): boolean {
  const [depth, colourType] = [bytes[24], bytes[25]]
  return formatOf(bytes) === 'PNG' && depth === 16 && colourType === 0
}

/** Ink to light, each rounded as Pillow rounds: (255 - K) less its C/255, M/255, Y/255. */
async function fromCmyk(image: Sharp): Promise<RgbImage> {
  const { data, info } = await image.pipelineColourspace('cmyk').toColourspace('cmyk').raw().toBuffer({ resolveWithObject: true })
  const pixels = new Uint8Array(info.width * info.height * 3)
  for (let from = 0, to = 0; to < pixels.length; from += 4, to += 3) {
    const light = 255 - data[from + 3]!
    for (let channel = 0; channel < 3; channel++) {
      const product = data[from + channel]! * light + 128
      pixels[to + channel] = light - ((product + (product >> 8)) >> 8)
    }
  }
  return { width: info.width, height: info.height, data: pixels }
}

/** 16-bit grey: Pillow takes levels over 255 for white. */
async function fromGrey16(image: Sharp): Promise<RgbImage> {
  const { data, info } = await image.toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer({ resolveWithObject: true })
  const pixels = new Uint8Array(info.width * info.height * 3)
  for (let i = 0; i < info.width * info.height; i++) {
    pixels.fill(Math.min(255, data.readUInt16LE(2 * i * info.channels)), 3 * i, 3 * i + 3)
  }
  return { width: info.width, height: info.height, data: pixels }
}

const bytesOf = (buffer: Buffer) => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)

function failure(name: string, bytes: Uint8Array, error: unknown): UserError {
  const reason = messageOf(error)
  if (/pixel limit/i.test(reason)) {
    return new UserError(`${name}: the image has more than ${mostPixels} pixels; a smaller one is needed.`)
  }
  const format = formatOf(bytes)
  if (format === undefined) return new UserError(`${name}: this is not an image; ${needed}.`)
  if (!formats.includes(format.toLowerCase())) return new UserError(`${name}: the image is ${format}; ${needed}.`)
  if (/premature end|truncated|unexpected end|read error/i.test(reason)) {
    return new UserError(`${name}: the image is truncated; a complete file is needed.`)
  }
  const detail = reason
    .split('\n')[0]!
    .replace(/^Input (buffer|file) (has|contains) /, '')
    .replace(/[:. ]+$/, '')
  return new UserError(`${name}: the image is damaged (${detail}); an intact file is needed.`)
}

/** What the first bytes promise, as people call it. Phones write HEIC, also under the name of a JPEG. */
function formatOf(bytes: Uint8Array): string | undefined {
  const start = Buffer.from(bytes.subarray(0, 12)).toString('latin1')
  return signatures.find(([signature]) => signature.test(start))?.[1]
}

const signatures: readonly (readonly [RegExp, string])[] = [
  [/^\xff\xd8\xff/, 'JPEG'],
  [/^\x89PNG/, 'PNG'],
  [/^RIFF/, 'WebP'],
  [/^GIF8/, 'GIF'],
  [/^(II\*\0|MM\0\*)/, 'TIFF'],
  [/^BM/, 'BMP'],
  [/^.{4}ftyp(hei|hev|mif|msf)/s, 'HEIC'],
  [/^.{4}ftypavi/s, 'AVIF'],
]
