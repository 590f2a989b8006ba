import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import sharp from 'sharp'
import { pngOfSvg } from '../../../src/images/svg.ts'
import { classBars } from '../../../src/report/figures/class-bars.ts'
import { costScatter } from '../../../src/report/figures/cost-scatter.ts'
import { learningCurves, smoothed } from '../../../src/report/figures/learning-curves.ts'
import { fontsConfig, fontsFor } from '../../../src/report/fonts.ts'
import { temporaryFolder } from '../../fixtures/tracking/temporary.ts'

const curves = [
  { name: 'lora <b>&', points: [[0, 2] as const, [10, 1] as const] },
  { name: 'prefix', points: [[0, 3] as const, [10, 1.5] as const] },
]
const figure = { curves, quantity: 'training loss', lastStep: 10, marked: true }
/** The texts of an SVG document, entities as they are. */
const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text)

describe('charts', () => {
  it('are SVG documents with names as text, escaped', () => {
    const svg = learningCurves(figure)
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/)
    expect(texts(svg)).toEqual(expect.arrayContaining(['training loss', 'optimizer step', 'lora &lt;b&gt;&amp;', 'prefix']))
  })

  it('tell series apart without colour', () => {
    const dashes = [...learningCurves(figure).matchAll(/<path [^>]*stroke-width="1.8"[^>]*>/g)].map(([path]) => /stroke-dasharray="([^"]*)"/.exec(path)?.[1]) // prettier-ignore
    expect(new Set(dashes).size).toBeGreaterThan(1)
  })

  it('are the same every time', () => {
    expect(learningCurves(figure)).toBe(learningCurves(figure))
  })

  it('mark the true class and give every probability', () => {
    const bars = [
      { name: 'cat', probability: 0.9123, correct: false },
      { name: 'dog', probability: 0.08, correct: true },
      { name: 'eel', probability: 0.0001, correct: false },
    ]
    expect(texts(classBars(bars))).toEqual(expect.arrayContaining(['cat', '✓ dog', 'eel', '0.912', '0.080', '&lt; 0.001']))
  })

  it('name each attempt once, and draw the limit where it is near', () => {
    const cost = (name: string, trained: number, score: number) => ({ name, trained, score })
    const small = costScatter({ costs: [cost('a', 3e5, 1), cost('b', 4e5, 1)], score: 'CIDEr', limit: 35e6 })
    expect(texts(small)).toEqual(expect.arrayContaining(['a', 'b', 'trained parameters (thousand)']))
    expect(texts(small)).not.toContain('limit')
    const large = costScatter({ costs: [cost('a', 30e6, 1), cost('b', 33e6, 0.9)], score: 'CIDEr', limit: 35e6 })
    expect(texts(large)).toEqual(expect.arrayContaining(['trained parameters (million)', 'limit']))
  })

  it('become pixels with letters of the bundled fonts', async () => {
    const png = await pngOfSvg(classBars([{ name: '王小明', probability: 0.5, correct: true }]), { fonts: fontsConfig, scale: 1 })
    const { width, height } = await sharp(Buffer.from(png)).metadata()
    expect([width, height]).toEqual([470, 142])
  })
})

describe('smoothing', () => {
  it('takes means of equal stretches, each at its middle', () => {
    expect(smoothed([1, 2, 3, 4, 5], [1, 3, 5, 7, 9], 3)).toEqual([
      [1, 2],
      [3, 6],
      [5, 9],
    ])
  })

  it('leaves few points as they are', () => {
    expect(smoothed([10, 20], [0.5, 0.6])).toEqual([
      [10, 0.5],
      [20, 0.6],
    ])
  })
})

describe('the bundled fonts', () => {
  const none: string[] = [] // fonts of the machine

  it('have what a report is written in, names and formulas among it', () => {
    const texts = ['Łukasz Müller, 王小明 林昀妤 陳柏翰 吳堃喆 葉晞', 'α ≤ ‖W‖ ∈ ℝ, Σ ∫ 𝑥 ± → ✓ “a” – …']
    expect(fontsFor(texts, undefined, none).blank).toEqual([])
  })

  it('say which characters they lack, once each', () => {
    expect(fontsFor(['a 龘 🙂 龘', '한\n'], undefined, none).blank).toEqual(['龘', '🙂', '한'])
  })

  it('are drawn in pixels too: a Chinese one is a stroke, no box', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="60"><text x="10" y="45" font-size="40" font-family="Noto Sans">一</text></svg>' // prettier-ignore
    const { info } = await sharp(await pngOfSvg(svg, { fonts: fontsConfig, scale: 1 })).trim().toBuffer({ resolveWithObject: true }) // prettier-ignore
    expect(info.width).toBeGreaterThan(30)
    expect(info.height).toBeLessThan(10)
  })
})

describe("a machine's fonts", () => {
  it('lend the characters that ours lack, and only the fonts that are needed; what is no font has none', () => {
    const [own, machine] = [temporaryFolder(), temporaryFolder()]
    const [ours] = fontsFor([], undefined, []).paths
    copyFileSync(ours!, join(machine, 'needless.ttf'))
    writeFileSync(join(machine, 'damaged.otf'), 'no font')
    writeFileSync(join(machine, 'rare.ttf'), fontWith(0x9f98))
    const { paths, blank } = fontsFor(['龘 한'], own, [machine, join(machine, 'nowhere')])
    expect(paths.filter((path) => path.startsWith(machine))).toEqual([join(machine, 'rare.ttf')])
    expect(blank).toEqual(['한'])
  })

  it("are not asked where the report's own folder has the character", () => {
    const [own, machine] = [temporaryFolder(), temporaryFolder()]
    for (const folder of [own, machine]) writeFileSync(join(folder, 'rare.ttf'), fontWith(0x9f98))
    expect(fontsFor(['龘'], own, [machine]).paths.filter((path) => path.endsWith('rare.ttf'))).toEqual([join(own, 'rare.ttf')])
  })
})

/** A font's beginning: a table cmap in format 12 with one character. */
function fontWith(code: number): Buffer {
  const words = [0x00010000, 0x00010000, 0, 0x636d6170, 0, 28, 40] // one table, cmap, from byte 28
  const cmap = [0x00000001, 0x0003000a, 12, 0x000c0000, 28, 0, 1, code, code, 1]
  const bytes = Buffer.alloc(4 * (words.length + cmap.length))
  for (const [i, word] of [...words, ...cmap].entries()) bytes.writeUInt32BE(word, 4 * i)
  return bytes
}
