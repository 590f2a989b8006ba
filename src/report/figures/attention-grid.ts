// Where the words of a caption looked: the photograph, then a tile for each word, laid out as the course's example. A word's tile shows
// where the model looked when it chose that word; the first `<|endoftext|>` is given, not chosen, and has the photograph alone.
import { endOfText, type AttendedCaption } from '../../checkpoint/attention-file.ts'
import { heatColour } from '../../images/heat-map.ts'
import type { RgbImage } from '../../images/rgb-image.ts'
import { choiceText, wordMaps, type AttentionChoice } from '../../checkpoint/attention-maps.ts'
import { photoTile, side, soft, tileHeight, tilePicture, wordTile } from './attention-tile.ts'
import { lettered, wrapped, xmlText } from './lettering.ts'
import { fontFamily } from './palette.ts'

const columns = 6
const gap = 16
const width = columns * side + (columns + 1) * gap

/** As wide as the whole grid; `content` is SVG. */
interface Strip {
  readonly height: number
  readonly content: string
}

/** An SVG document for the attention of a caption on its photograph. UserError where the chosen layer or head is not there. */
export async function attentionGrid(attended: AttendedCaption, photo: RgbImage, choice: AttentionChoice): Promise<string> {
  return svgOf(await stripsOf(attended, photo, choice), attended)
}

/** The same from top to bottom in pieces that pages may break between: the caption, every row of tiles, what colours mean. */
export async function attentionStrips(attended: AttendedCaption, photo: RgbImage, choice: AttentionChoice): Promise<string[]> {
  return (await stripsOf(attended, photo, choice)).map((strip) => svgOf([strip], attended))
}

async function stripsOf(attended: AttendedCaption, photo: RgbImage, choice: AttentionChoice): Promise<Strip[]> {
  const maps = wordMaps(attended, choice)
  const picture = tilePicture(photo)
  const first = photoTile(picture, attended, choice.special === 'show' ? endOfText : '')
  const tiles = await Promise.all([first, ...maps.map((map) => wordTile(picture, attended, map))])
  const rows = Array.from({ length: Math.ceil(tiles.length / columns) }, (_, row) => ({
    height: tileHeight(picture),
    content: tiles
      .slice(row * columns, (row + 1) * columns)
      .map(placed)
      .join('\n'),
  }))
  return [caption(attended, choice), ...rows, legend(maps.some(({ classToken }) => classToken !== undefined))]
}

const placed = (tile: string, column: number) => `<g transform="translate(${gap + column * (side + gap)} 0)">${tile}</g>`

function svgOf(strips: readonly Strip[], { caption }: AttendedCaption): string {
  const height = strips.reduce((sum, strip) => sum + strip.height, 0)
  let y = 0
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="${fontFamily}">`,
    `<title>${xmlText(`Where the model looked for each word of: ${caption}`)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...strips.map(({ height: its, content }) => {
      y += its
      return `<g transform="translate(0 ${y - its})">${content}</g>`
    }),
    '</svg>',
    '',
  ].join('\n')
}

const line = 28
const smallLine = 20

/** The caption, and below it how it came about. */
function caption(attended: AttendedCaption, choice: AttentionChoice): Strip {
  const title = wrapped(attended.caption, 95)
  const about = wrapped([attended.image, choiceText(attended, choice), attended.decoding, attended.run].join(' · '), 140)
  const below = gap + title.length * line
  const content = [
    ...title.map((words, i) => lettered(words, { x: gap, y: gap + 16 + i * line, size: 22, bold: true })),
    ...about.map((words, i) => lettered(words, { x: gap, y: below + 12 + i * smallLine, size: 15, colour: soft })),
  ]
  return { height: below + about.length * smallLine + gap, content: content.join('\n') }
}

/** What colours and numbers mean. */
function legend(withClass: boolean): Strip {
  const steps = 40
  const bar = Array.from({ length: steps }, (_, i) => {
    const colour = Buffer.from(heatColour(i / (steps - 1)).map(Math.round)).toString('hex')
    return `<rect x="${gap + 14 + i * 4}" y="1" width="4.5" height="14" fill="#${colour}"/>`
  })
  const scale = "peak: the word's largest weight on a patch; every map is scaled to its own"
  const words = withClass ? `${scale}. class: weight of the class token, which has no place` : scale
  const lettering = [lettered('0', { x: gap, y: 13, size: 15 }), lettered(words, { x: gap + 24 + steps * 4, y: 13, size: 15 })]
  return { height: 34, content: [...bar, ...lettering].join('') }
}
