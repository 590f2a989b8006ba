// Reading pictures to the bytes that Pillow's `Image.open(f).convert("RGB")` gives: EXIF rotation and colour profiles are ignored,
// transparency is dropped without blending, 16-bit grey is clipped. One case differs: pixels that a GIF marks as transparent come out
// black. Truncated, unreadable and monstrous files are refused with a sentence.
import sharp from 'sharp'
import type { Metadata, Sharp } from 'sharp'
import { messageOf, UserError } from '../base/errors.ts'
import { readBytes } from '../base/files.ts'
import type { RgbImage } from './rgb-image.ts'

/** Pillow refuses more pixels than this as a decompression bomb. */
const mostPixels = 178_956_970
const formats: readonly string[] = ['jpeg', 'png', 'webp', 'gif']

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
    const image = sharp(bytes, { failOn: 'truncated', ignoreIcc: true, limitInputPixels: mostPixels, sequentialRead: true })
    const metadata = await image.metadata()
    if (!formats.includes(metadata.format)) throw new Error('unsupported image format')
    return await pixelsOf(image, metadata)
  } catch (error) {
    throw failure(name, bytes, error)
  }
}

async function pixelsOf(image: Sharp, metadata: Metadata): Promise<RgbImage> {
  if (metadata.space === 'cmyk') return await fromCmyk(image)
  if (metadata.space === 'grey16' && metadata.channels === 1) return await fromGrey16(image)
  const { data, info } = await image.removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, data: bytesOf(data) }
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

/** 16-bit grey without transparency: Pillow takes levels over 255 for white. */
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
  if (!hasImageSignature(bytes)) return new UserError(`${name}: this is not an image; a JPEG, PNG, WebP or GIF file is needed.`)
  if (/premature end|truncated|unexpected end|read error/i.test(reason)) {
    return new UserError(`${name}: the image is truncated; a complete file is needed.`)
  }
  const detail = reason
    .split('\n')[0]!
    .replace(/^Input (buffer|file) (has|contains) /, '')
    .replace(/[:. ]+$/, '')
  return new UserError(`${name}: the image is damaged (${detail}); an intact file is needed.`)
}

/** Whether the first bytes promise one of the formats. */
function hasImageSignature(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.subarray(0, 4)).toString('latin1')
  return ['\xff\xd8\xff', '\x89PNG', 'GIF8', 'RIFF'].some((signature) => start.startsWith(signature))
}
