import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { floats } from '../../../src/base/nd-array.ts'
import { readAttention, writeAttention, type AttendedCaption } from '../../../src/checkpoint/attention-file.ts'
import { writeSafetensors } from '../../../src/checkpoint/safetensors.ts'
import { pngOfSvg } from '../../../src/images/svg.ts'
import { choiceText, usualChoice, wordMaps } from '../../../src/checkpoint/attention-maps.ts'
import { drawAttention } from '../../../src/report/attention-pictures.ts'
import { attentionGrid, attentionStrips } from '../../../src/report/figures/attention-grid.ts'
import { fontsConfig } from '../../../src/report/fonts.ts'
import { noise } from '../images/noise.ts'

const folder = mkdtempSync(join(tmpdir(), 'captune-attention-'))
afterAll(() => rmSync(folder, { recursive: true }))

const [layers, heads, words, tokens] = [2, 2, 3, 5] // a class token and 2 x 2 patches
/** Rows that sum to 1, each different: an eighth everywhere, and the rest on the token that layer, head and word add up to. */
const attention = floats([layers, heads, words, tokens])
attention.data.forEach((_, i) => {
  const [token, word, head, layer] = [i % 5, Math.floor(i / 5) % 3, Math.floor(i / 15) % 2, Math.floor(i / 30)]
  attention.data[i] = 0.125 + (token === (layer + head + word) % 5 ? 0.375 : 0)
})
const attended: AttendedCaption = {
  caption: 'a <dog>',
  words: ['a', '<dog>', '<|endoftext|>'],
  pieces: [['a'], [' <', 'dog>'], ['<|endoftext|>']],
  layers: [1, 3],
  grid: [2, 2],
  crop: [4, 0, 12, 12],
  size: [20, 12],
  image: 'a & b.png',
  run: 'shapes-none-s1-0000',
  decoding: 'greedy, at most 24 tokens',
  attention,
  rollout: floats([3, 5], new Float32Array(15).fill(0.2)),
}
const maps = (choice = {}) => wordMaps(attended, { ...usualChoice, ...choice })
const rounded = (values: ArrayLike<number>) => Array.from(values, (value) => Number(value.toFixed(5)))

describe('the file of a caption that was attended', () => {
  it('gives back what was written, and the arrays of the contract first', () => {
    const path = join(folder, 'attended.safetensors')
    writeAttention(path, attended)
    expect(readAttention(path)).toEqual(attended)
  })

  it.each([
    ['has no entry `attention`', { rollout: attended.rollout }, {}],
    ['has no list `words`', { attention, rollout: attended.rollout }, {}],
  ])('is refused where it %s', (found, arrays, metadata) => {
    const path = join(folder, 'other.safetensors')
    writeSafetensors(path, arrays, metadata)
    expect(() => readAttention(path)).toThrow(`${path}: not the attention of a caption, it`)
    expect(() => readAttention(path)).toThrow(found)
  })

  it('is refused where its sizes contradict each other', () => {
    const path = join(folder, 'misfit.safetensors')
    writeAttention(path, { ...attended, words: ['a'] })
    expect(() => readAttention(path)).toThrow('[2, 2, 3, 5] does not go with 1 words over 4 patches')
  })
})

describe('the maps of words', () => {
  it("are the last layer's mean over heads, the class token told apart; together they are 1", () => {
    const [a, dog] = maps()
    expect(rounded(a!.map.values)).toEqual([0.3125, 0.3125, 0.125, 0.125])
    expect(a!.classToken).toBeCloseTo(0.125)
    expect(dog!.word).toBe('<dog>')
    for (const { map, classToken } of maps()) {
      expect(map.values.reduce((sum, value) => sum + value, classToken!)).toBeCloseTo(1)
      expect([map.rows, map.columns]).toEqual([2, 2])
    }
  })

  it('are of any layer by its number in the decoder, of any head, of all layers, or what reached the word through all', () => {
    expect(rounded(maps({ layer: 1, head: 1 })[0]!.map.values)).toEqual([0.5, 0.125, 0.125, 0.125])
    expect(rounded(maps({ layer: 3, head: 1 })[0]!.map.values)).toEqual([0.125, 0.5, 0.125, 0.125])
    expect(rounded(maps({ layer: 'mean' })[0]!.map.values)).toEqual([0.3125, 0.21875, 0.125, 0.125])
    expect(rounded(maps({ layer: 'rollout' })[0]!.map.values)).toEqual([0.2, 0.2, 0.2, 0.2])
    expect(choiceText(attended, usualChoice)).toBe('layer 3, mean of 2 heads')
    expect(choiceText(attended, { ...usualChoice, layer: 'rollout' })).toBe('rollout of 2 layers')
  })

  it('without special tokens are those of words alone, and the patches sum to 1', () => {
    const dropped = maps({ special: 'drop' })
    expect(dropped.map(({ word }) => word)).toEqual(['a', '<dog>'])
    for (const { map, classToken } of dropped) {
      expect(classToken).toBeUndefined()
      expect(map.values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1)
    }
  })

  it('are refused for a layer or a head that is not there', () => {
    expect(() => maps({ layer: 2 })).toThrow('layer 2: the decoder looks at images in the layers 1, 3; one of these')
    expect(() => maps({ head: 2 })).toThrow('head 2: the cross-attention has heads 0 to 1')
    expect(() => maps({ layer: 'rollout', head: 0 })).toThrow('the rollout is of all heads together')
  })
})

describe('the grid of maps', () => {
  it('has the photograph and a tile for each word, all titled, and spells out markup', async () => {
    const svg = await attentionGrid(attended, noise(20, 12), usualChoice)
    const titles = [...svg.matchAll(/font-weight="bold" text-anchor="middle">([^<]*)</g)].map(([, title]) => title)
    expect(titles).toEqual(['&lt;|endoftext|&gt;', 'a', '&lt;dog&gt;', '&lt;|endoftext|&gt;'])
    expect(svg.match(/<image /g)).toHaveLength(4)
    const small = [...svg.matchAll(/fill="#595959"[^>]*>([^<]*)<\/text>/g)].map(([, words]) => words)
    expect(small.slice(0, 3)).toEqual([
      'a &amp; b.png · layer 3, mean of 2 heads · greedy, at most 24 tokens · shapes-none-s1-0000',
      'dashed: what was seen',
      'peak 31.3 %, class 12.5 %',
    ])
    expect(svg.match(/stroke-dasharray/g)).toHaveLength(4) // the picture was cropped
  })

  it('comes in strips for pages: the caption, rows of six, the legend', async () => {
    const eight = Array.from({ length: 8 }, (_, i) => `w${i}`)
    const longer = { ...attended, words: eight, attention: floats([layers, heads, 8, tokens]), rollout: floats([8, tokens]) }
    const strips = await attentionStrips(longer, noise(20, 12), usualChoice)
    expect(strips.map((strip) => strip.match(/<image /g)?.length ?? 0)).toEqual([0, 6, 3, 0])
    expect(strips[0]).toContain('>a &lt;dog&gt;</text>')
    expect(strips[3]).toContain('>peak: ')
    const heights = strips.map((strip) => Number(/ height="(\d+(?:\.\d+)?)" role/.exec(strip)![1]))
    expect(await attentionGrid(longer, noise(20, 12), usualChoice)).toContain(` height="${heights.reduce((a, b) => a + b)}" role`)
  })

  it('survives any text: control characters, half characters, very long words', async () => {
    const hostile = '\u0000]]>\ud800"&\u202e' + 'w'.repeat(400)
    const svg = await attentionGrid({ ...attended, caption: hostile, words: [hostile, 'b', 'c'] }, noise(20, 12), usualChoice)
    const { width } = await sharp(await pngOfSvg(svg, { fonts: fontsConfig, scale: 1 })).metadata()
    expect(width).toBe(1216)
  })

  it('is drawn as PNG and SVG beside its file', async () => {
    const [path, photo] = [join(folder, 'drawn.safetensors'), join(folder, 'photo.png')]
    writeAttention(path, attended)
    const { width, height, data } = noise(20, 12)
    writeFileSync(
      photo,
      await sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer(),
    )
    const { png, svg } = await drawAttention(path, photo, usualChoice)
    expect([png, svg]).toEqual([join(folder, 'drawn.png'), join(folder, 'drawn.svg')])
    expect(await sharp(png).metadata()).toMatchObject({ width: 2 * 1216, format: 'png' })
    expect(await sharp(svg).metadata()).toMatchObject({ width: 1216, format: 'svg' })
  })

  it('is lettered by our own font: a machine without fonts draws letters and no boxes', async () => {
    const drawn = async (text: string) => {
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="90" height="40"><text x="5" y="30" font-size="30" font-family="Noto Sans">${text}</text></svg>`
      return Buffer.from(await pngOfSvg(svg, { fonts: fontsConfig, scale: 1 }))
    }
    const [i, m, none] = [await drawn('iiii'), await drawn('mm'), await drawn('')]
    expect(i.equals(m)).toBe(false)
    expect(i.equals(none)).toBe(false)
  })
})
