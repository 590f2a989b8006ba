// The images that captions are about, small enough for a terminal.
import { messageOf } from '../../src/base/errors.ts'
import { fromRoot } from '../../src/base/files.ts'
import { resizeBicubic } from '../../src/images/resize.ts'
import type { RgbImage } from '../../src/images/rgb-image.ts'
import type { Reader } from '../../src/tracking/reader.ts'

/** An image as the terminal needs it, with its real size; or why there is none. */
export type Picture =
  { readonly preview: RgbImage; readonly width: number; readonly height: number } | { readonly problem: string }

const previewSide = 160 // pixels: 160 columns or 80 rows of half blocks

/** Reads an image and makes it small; never throws for what is wrong with a file. */
export async function pictureOf(reader: Reader, data: string, image: string): Promise<Picture> {
  const path = reader.imagePath(data, image)
  if (path === undefined) return { problem: `${image}: the database does not say where the image is.` }
  const { decodeRgb } = await import('../../src/images/decode.ts') // a native library: only who looks at images waits for it
  try {
    const decoded = await decodeRgb(fromRoot(path))
    const { width, height } = decoded
    const scale = Math.min(1, previewSide / Math.max(width, height))
    const side = (length: number) => Math.max(1, Math.round(length * scale))
    return { preview: scale < 1 ? resizeBicubic(decoded, side(width), side(height)) : decoded, width, height }
  } catch (error) {
    return { problem: messageOf(error) }
  }
}
