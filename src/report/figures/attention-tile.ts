// A picture of an attention grid: the photograph, or a word's map over it, with its title above and its numbers below.
import type { AttendedCaption } from '../../checkpoint/attention-file.ts'
import { encodeJpeg } from '../../images/encode.ts'
import { heatOver } from '../../images/heat-map.ts'
import { resizeBicubic } from '../../images/resize.ts'
import type { Rectangle, RgbImage } from '../../images/rgb-image.ts'
import { percent } from '../../tables/format.ts'
import { stringWidth } from '../../tables/string-width.ts'
import type { WordMap } from '../../checkpoint/attention-maps.ts'
import { lettered } from './lettering.ts'

/** The longer side of a picture, in units of the document. */
export const side = 184
/** The small print: readable on white. */
export const soft = '#595959'
const pixels = 2 // for each unit
const head = 26 // room for the title

/** The photograph at the size of a tile, in its own proportions. */
export function tilePicture(photo: RgbImage): RgbImage {
  const scale = (side * pixels) / Math.max(photo.width, photo.height)
  const [across, down] = [photo.width, photo.height].map((length) => Math.max(1, Math.round(length * scale)))
  return resizeBicubic(photo, across!, down!)
}

/** What a tile with such a picture takes of the document's height, the space below included. */
export const tileHeight = (picture: RgbImage): number => head + picture.height / pixels + 38

/** The photograph itself; a frame shows what the model saw of it, where that was not all. */
export function photoTile(picture: RgbImage, attended: AttendedCaption, title: string): Promise<string> {
  const seen = seenOf(picture, attended)
  return tile({ picture, seen, title, note: isCut(picture, seen) ? 'dashed: what was seen' : 'the image' })
}

/** Where the model looked when it chose a word. */
export function wordTile(picture: RgbImage, attended: AttendedCaption, { word, map, classToken }: WordMap): Promise<string> {
  const seen = seenOf(picture, attended)
  const peak = `peak ${percent(Math.max(...map.values))}`
  const note = classToken === undefined ? peak : `${peak}, class ${percent(classToken)}`
  return tile({ picture: heatOver(picture, map, seen), seen, title: word, note })
}

/** In pixels of the tile's picture. */
function seenOf(picture: RgbImage, { crop, size }: AttendedCaption): Rectangle {
  const [across, down] = [picture.width / size[0]!, picture.height / size[1]!]
  const [left, top, width, height] = crop as [number, number, number, number]
  return { left: left * across, top: top * down, width: width * across, height: height * down }
}

function isCut(picture: RgbImage, seen: Rectangle): boolean {
  return seen.width < picture.width - 1 || seen.height < picture.height - 1
}

interface Tile {
  readonly picture: RgbImage
  readonly seen: Rectangle
  readonly title: string
  readonly note: string
}

async function tile({ picture, seen, title, note }: Tile): Promise<string> {
  const [across, down] = [picture.width / pixels, picture.height / pixels]
  const left = (side - across) / 2
  const jpeg = Buffer.from(await encodeJpeg(picture, 90)).toString('base64')
  const size = Math.min(19, side / (0.62 * Math.max(1, stringWidth(title)))) // a long word is written smaller
  return [
    lettered(title, { x: side / 2, y: 17, size, bold: true, centred: true }),
    `<image x="${left}" y="${head}" width="${across}" height="${down}" href="data:image/jpeg;base64,${jpeg}"/>`,
    isCut(picture, seen) ? frame(left, seen) : '',
    lettered(note, { x: side / 2, y: head + down + 18, size: 15, colour: soft, centred: true }),
  ].join('')
}

/** Light below dark: it is seen on any photograph. */
function frame(left: number, seen: Rectangle): string {
  const inUnits = (length: number) => (length / pixels).toFixed(1)
  const place = `x="${left + Number(inUnits(seen.left))}" y="${head + Number(inUnits(seen.top))}"`
  const rectangle = `<rect ${place} width="${inUnits(seen.width)}" height="${inUnits(seen.height)}" fill="none"`
  return `${rectangle} stroke="#ffffff"/>${rectangle} stroke="${soft}" stroke-dasharray="4 3"/>`
}
