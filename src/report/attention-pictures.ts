// A caption's attention as files that can be shown: PNG and SVG beside the file of its weights.
import { writeAtomically } from '../base/files.ts'
import { readAttention } from '../checkpoint/attention-file.ts'
import { decodeRgb } from '../images/decode.ts'
import { pngOfSvg } from '../images/svg.ts'
import type { AttentionChoice } from '../checkpoint/attention-maps.ts'
import { attentionGrid } from './figures/attention-grid.ts'
import { fontsConfig } from './fonts.ts'

export type { AttentionChoice }

/** Draws the attention in the file `attention` over the photograph at `image`; returns the paths of PNG and SVG. UserError where it cannot. */
export async function drawAttention(
  attention: string,
  image: string,
  choice: AttentionChoice,
): Promise<{ png: string; svg: string }> {
  const attended = readAttention(attention)
  const drawn = await attentionGrid(attended, await decodeRgb(image), choice)
  const [png, svg] = [attention.replace(/\.safetensors$/, '.png'), attention.replace(/\.safetensors$/, '.svg')]
  writeAtomically(svg, drawn)
  writeAtomically(png, await pngOfSvg(drawn, { fonts: fontsConfig, scale: 2 }))
  return { png, svg }
}
