// SVG documents as pictures, lettered with fonts of our own: a server without fonts draws the same, and no empty boxes.
import sharp from 'sharp'

export interface SvgOptions {
  /** A fontconfig file; its fonts are the ones that texts find by name. The first one of a process counts. */
  readonly fonts: string
  /** Pixels for each unit of the document. */
  readonly scale: number
}

/** A PNG file's bytes. The document is our own: it may be large. */
export async function pngOfSvg(svg: string, { fonts, scale }: SvgOptions): Promise<Uint8Array> {
  process.env['FONTCONFIG_FILE'] = fonts // read when the first text is drawn
  process.env['PANGOCAIRO_BACKEND'] = 'fontconfig' // macOS would take its own
  const image = sharp(Buffer.from(svg), { density: 72 * scale, unlimited: true })
  return await image.flatten({ background: 'white' }).png({ compressionLevel: 6 }).toBuffer()
}
