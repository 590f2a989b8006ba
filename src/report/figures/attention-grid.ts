// Where the words of a caption looked: the photograph, then a tile for each word, laid out as the course's example. A word's tile shows
// where the model looked when it chose that word; the first `<|endoftext|>` is given, not chosen, and has the photograph alone.
import { endOfText, type AttendedCaption } from '../../checkpoint/attention-file.ts'
import { heatColour } from '../../images/heat-map.ts'
import type { RgbImage } from '../../images/rgb-image.ts'
import { choiceText, wordMaps, type AttentionChoice } from '../../checkpoint/attention-maps.ts'
import { photoTile, side, soft, tileHeight, tilePicture, wordTile } from './attention-tile.ts'
import { lettered, wrapped, xmlText } from './lettering.ts'
import { fontFamily } from './palette.ts'

const columns = 5
const gap = 16
const width = columns * side + (columns + 1) * gap
const line = 24
const smallLine = 16

/** An SVG document for the attention of a caption on its photograph. UserError where the chosen layer or head is not there. */
export async function attentionGrid(attended: AttendedCaption, photo: RgbImage, choice: AttentionChoice): Promise<string> {
  const maps = wordMaps(attended, choice)
  const picture = tilePicture(photo)
  const first = photoTile(picture, attended, choice.special === 'show' ? endOfText : '')
  const tiles = await Promise.all([first, ...maps.map((map) => wordTile(picture, attended, map))])
  const title = wrapped(attended.caption, 90)
  const about = wrapped([attended.image, choiceText(attended, choice), attended.decoding, attended.run].join(' · '), 140)
  const top = gap + title.length * line + about.length * smallLine + gap
  const height = top + Math.ceil(tiles.length / columns) * tileHeight(picture) + 48
  const place = (i: number) =>
    `translate(${gap + (i % columns) * (side + gap)} ${top + Math.floor(i / columns) * tileHeight(picture)})`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="${fontFamily}">`,
    `<title>${xmlText(`Where the model looked for each word of: ${attended.caption}`)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...title.map((words, i) => lettered(words, { x: gap, y: gap + 14 + i * line, size: 19, bold: true })),
    ...about.map((words, i) =>
      lettered(words, { x: gap, y: gap + title.length * line + 10 + i * smallLine, size: 12, colour: soft }),
    ),
    ...tiles.map((tile, i) => `<g transform="${place(i)}">${tile}</g>`),
    `<g transform="translate(${gap} ${height - 34})">${legend(maps.some(({ classToken }) => classToken !== undefined))}</g>`,
    '</svg>',
    '',
  ].join('\n')
}

/** What colours and numbers mean. */
function legend(withClass: boolean): string {
  const steps = 40
  const bar = Array.from({ length: steps }, (_, i) => {
    const colour = Buffer.from(heatColour(i / (steps - 1)).map(Math.round)).toString('hex')
    return `<rect x="${14 + i * 4}" width="4.5" height="12" fill="#${colour}"/>`
  })
  const scale = "peak: the word's largest weight on a patch; every map is scaled to its own"
  const words = withClass ? `${scale}. class: weight of the class token, which has no place` : scale
  return [lettered('0', { x: 0, y: 11, size: 12 }), ...bar, lettered(words, { x: 24 + steps * 4, y: 11, size: 12 })].join('')
}
