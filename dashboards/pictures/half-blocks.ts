// Pictures in a terminal: each character shows two pixels, one above the other, as the colours of an upper half block and of what is behind
// it. Where there are no colours, each character is one of ten, from the darkest of the image to the brightest (on a dark background).
import { resizeBicubic } from '../../src/images/resize.ts'
import type { RgbImage } from '../../src/images/rgb-image.ts'

/** What the terminal can show: no colours at all (NO_COLOR), the 256 of xterm, or all. */
export type Colours = 'none' | '256' | 'all'

/** The lines of the image as large as fits into `columns` x `rows`, never larger than 4 times its pixels. */
export function pictureLines(image: RgbImage, columns: number, rows: number, colours: Colours): string[] {
  const { width, height } = fittingSize(image, columns, 2 * rows)
  const small = resizeBicubic(image, width, height)
  if (colours === 'none') return characterLines(small)
  return Array.from({ length: height / 2 }, (_, row) => blockRow(small, 2 * row, colours))
}

/** The largest size of the same proportions inside `width` x `height` pixels; an even number of rows. */
export function fittingSize(
  image: Pick<RgbImage, 'width' | 'height'>,
  width: number,
  height: number,
): { width: number; height: number } {
  const scale = Math.min(width / image.width, height / image.height, 4)
  return {
    width: Math.max(1, Math.round(image.width * scale)),
    height: 2 * Math.max(1, Math.min(Math.floor(height / 2), Math.round((image.height * scale) / 2))),
  }
}

/** Two rows of pixels as one of half blocks; a colour is named only where it changes. */
function blockRow(image: RgbImage, y: number, colours: Exclude<Colours, 'none'>): string {
  let [above, behind] = ['', '']
  let text = ''
  for (let x = 0; x < image.width; x++) {
    const [upper, lower] = [colourCode(image, x, y, colours), colourCode(image, x, y + 1, colours)]
    if (upper !== above) text += `\u001b[38;${upper}m`
    if (lower !== behind) text += `\u001b[48;${lower}m`
    ;[above, behind] = [upper, lower]
    text += '▀'
  }
  return `${text}\u001b[39m\u001b[49m`
}

function colourCode({ data, width }: RgbImage, x: number, y: number, colours: Exclude<Colours, 'none'>): string {
  const at = 3 * (y * width + x)
  const [red, green, blue] = [data[at]!, data[at + 1]!, data[at + 2]!]
  return colours === 'all' ? `2;${red};${green};${blue}` : `5;${nearestOf256(red, green, blue)}`
}

const levels = [0, 95, 135, 175, 215, 255] // of the 6 x 6 x 6 cube that begins at 16

/** The number of the nearest colour among the cube and the 24 greys behind it (8, 18, ..., 238). */
export function nearestOf256(red: number, green: number, blue: number): number {
  const cube = [red, green, blue].map((value) => (value < 48 ? 0 : value < 115 ? 1 : Math.min(5, Math.round((value - 55) / 40))))
  const grey = Math.max(0, Math.min(23, Math.round(((red + green + blue) / 3 - 8) / 10)))
  const away = (r: number, g: number, b: number) => (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2
  const shade = 8 + 10 * grey
  const [r, g, b] = cube.map((level) => levels[level]!)
  return away(shade, shade, shade) < away(r!, g!, b!) ? 232 + grey : 16 + 36 * cube[0]! + 6 * cube[1]! + cube[2]!
}

const shades = ' .:-=+*#%@'

/** Two pixels above each other as one character, by their mean brightness (Rec. 709) in the range of the image's. */
function characterLines({ data, width, height }: RgbImage): string[] {
  const light = (x: number, y: number) => {
    const at = 3 * (y * width + x)
    return 0.2126 * data[at]! + 0.7152 * data[at + 1]! + 0.0722 * data[at + 2]!
  }
  const means = Array.from({ length: height / 2 }, (_, row) =>
    Array.from({ length: width }, (_, x) => (light(x, 2 * row) + light(x, 2 * row + 1)) / 2),
  )
  const [darkest, brightest] = [Math.min(...means.flat()), Math.max(...means.flat())]
  const range = Math.max(brightest - darkest, 1e-9)
  return means.map((row) => row.map((mean) => shades[Math.min(9, Math.floor(((mean - darkest) / range) * 10))]!).join(''))
}
