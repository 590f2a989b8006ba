import { describe, expect, it } from 'vitest'
import { fittingSize, nearestOf256, pictureLines } from '../../../dashboards/pictures/half-blocks.ts'
import { bare, withoutColour } from '../../../dashboards/style.ts'
import { random } from '../../../src/base/random.ts'
import type { RgbImage } from '../../../src/images/rgb-image.ts'

const [white, red, blue] = [[255, 255, 255], [255, 0, 0], [0, 0, 255]] as const // prettier-ignore

function image(rows: readonly (readonly (readonly number[])[])[]): RgbImage {
  return { width: rows[0]!.length, height: rows.length, data: Uint8Array.from(rows.flat(2)) }
}

/** One colour everywhere. */
function plain(width: number, height: number, colour: readonly number[]): RgbImage {
  return image(Array.from({ length: height }, () => Array.from({ length: width }, () => colour)))
}

const escaped = (lines: readonly string[]) => lines.map((line) => line.replaceAll('\u001b', '^'))

describe('a picture of half blocks', () => {
  const four = image([
    [red, red],
    [blue, white],
  ])

  it('shows two pixels in a character, the upper as its colour and the lower behind it, each colour named once', () => {
    expect(escaped(pictureLines(four, 2, 1, 'all'))).toEqual(['^[38;2;255;0;0m^[48;2;0;0;255m▀^[48;2;255;255;255m▀^[39m^[49m'])
    expect(escaped(pictureLines(four, 2, 1, '256'))).toEqual(['^[38;5;196m^[48;5;21m▀^[48;5;231m▀^[39m^[49m'])
  })

  it('loses nothing but its colours to NO_COLOR, which shows brightness as characters instead', () => {
    expect(pictureLines(four, 2, 1, 'all').map(withoutColour)).toEqual(['▀▀'])
    const grey = image(Array.from({ length: 2 }, () => Array.from({ length: 10 }, (_, x) => Array<number>(3).fill(40 + 10 * x))))
    expect(pictureLines(grey, 10, 1, 'none')).toEqual([' .:-=+*#%@'])
    expect(pictureLines(plain(2, 2, white), 2, 1, 'none')).toEqual(['  '])
  })

  it('keeps its proportions inside any room, and is never larger than 4 times its pixels', () => {
    expect(fittingSize({ width: 640, height: 480 }, 40, 40)).toEqual({ width: 40, height: 30 })
    expect(fittingSize({ width: 10, height: 640 }, 40, 40)).toEqual({ width: 1, height: 40 })
    expect(fittingSize({ width: 4, height: 4 }, 200, 200)).toEqual({ width: 16, height: 16 })
    expect(fittingSize({ width: 1000, height: 1 }, 40, 40)).toEqual({ width: 40, height: 2 })
    const drawn = pictureLines(plain(30, 20, red), 12, 9, 'all')
    expect(drawn.map(bare)).toEqual(Array(4).fill('▀'.repeat(12)))
  })

  it('takes the nearest of the cube and the greys', () => {
    const levels = [0, 95, 135, 175, 215, 255]
    const palette = Array.from({ length: 240 }, (_, i) =>
      i < 216 ? [levels[Math.floor(i / 36)]!, levels[Math.floor(i / 6) % 6]!, levels[i % 6]!] : Array<number>(3).fill(8 + 10 * (i - 216)),
    ) // prettier-ignore
    const numbers = random(1, 'colours')
    const away = (number: number, colour: readonly number[]) =>
      palette[number - 16]!.reduce((sum, value, channel) => sum + (value - colour[channel]!) ** 2, 0)
    for (let i = 0; i < 300; i++) {
      const colour = [numbers.below(256), numbers.below(256), numbers.below(256)] as const
      const nearest = Math.min(...palette.map((_, number) => away(number + 16, colour)))
      expect(away(nearestOf256(...colour), colour)).toBe(nearest)
    }
  })
})
