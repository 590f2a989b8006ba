// Writing pictures. Options are fixed, so that the same pixels give the same bytes.
import sharp from 'sharp'
import type { RgbImage } from './rgb-image.ts'

/** A PNG file's bytes. */
export async function encodePng(image: RgbImage): Promise<Uint8Array> {
  return await opened(image).png({ compressionLevel: 9, adaptiveFiltering: true, palette: false }).toBuffer()
}

/** A JPEG file's bytes, colour at full resolution. */
export async function encodeJpeg(image: RgbImage, quality: number): Promise<Uint8Array> {
  return await opened(image).jpeg({ quality, chromaSubsampling: '4:4:4', progressive: false }).toBuffer()
}

function opened({ width, height, data }: RgbImage) {
  return sharp(data, { raw: { width, height, channels: 3 } })
}
