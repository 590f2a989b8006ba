import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { attentionOf } from '../../../dashboards/data/attention.ts'
import { writeAttention, type AttendedCaption } from '../../../src/checkpoint/attention-file.ts'
import { differingWords, rankedImages, type CaptionedImage } from '../../../dashboards/data/captions.ts'
import type { Picture } from '../../../dashboards/data/picture.ts'
import type { Answers, FromSource, Need } from '../../../dashboards/data/messages.ts'
import { openSource } from '../../../dashboards/data/source.ts'
import type { Model, Size } from '../../../dashboards/model.ts'
import { screen } from '../../../dashboards/screen.ts'
import { bare } from '../../../dashboards/style.ts'
import { needsOf } from '../../../dashboards/update.ts'
import { captionsView } from '../../../dashboards/views/captions.ts'
import { floats } from '../../../src/base/nd-array.ts'
import { encodePng } from '../../../src/images/encode.ts'
import type { RgbImage } from '../../../src/images/rgb-image.ts'
import { attempt, four, opened, pressed, told, typing } from '../../fixtures/dashboards/attempts.ts'
import { temporaryFolder, writerIn } from '../../fixtures/tracking/temporary.ts'

const id = (name: string) => `shapes-${name}-s1-0000abcd`

function image(name: string, captions: Readonly<Record<string, readonly [string, number?, number?]>>): CaptionedImage {
  const told = Object.entries(captions).map(
    ([run, [caption, cider, clipscore]]) => [id(run), { caption, cider, clipscore }] as const,
  )
  return {
    data: 'shapes',
    image: name,
    references: ['a big red star.', 'a star in the upper left'],
    captions: Object.fromEntries(told),
  }
}

const images: readonly CaptionedImage[] = [
  image('0001', { none: ['a red star', 1, 0.9], lora: ['a red star', 1, 0.9], adapter: ['a big red star', 2.5, 1], prefix: ['a red star', 1] }),
  image('0002', { none: ['a blue moon', 3, 0.8], lora: ['a blue ring', 0.25, 0.7], adapter: ['a blue moon', 3, 0.8], prefix: ['a blue moon', 3] }),
  image('0003', { none: ['two stars', 0.5], lora: ['two stars', 0.5], adapter: ['two stars', 0.5], prefix: ['two \u001b[31mstars', 0.5] }),
] // prettier-ignore

describe('the order of images', () => {
  const names = (...given: Parameters<typeof rankedImages>) => rankedImages(...given).map(({ image }) => image.image)

  it('is by how far the scores are apart, by the fall behind the baseline, or by name', () => {
    expect(names(images, id('none'), 'disagreement')).toEqual(['0002', '0001', '0003'])
    expect(names(images, id('adapter'), 'regression')).toEqual(['0002', '0001', '0003'])
    expect(names(images, id('none'), 'name')).toEqual(['0001', '0002', '0003'])
  })

  it('counts words where nothing is scored', () => {
    const plain = [image('a', { none: ['x y'], lora: ['x y'] }), image('b', { none: ['x y'], lora: ['x z'] })]
    expect(names(plain, undefined, 'disagreement')).toEqual(['b', 'a'])
  })

  it('leaves out images in whose texts nothing was found', () => {
    expect(names(images, undefined, 'name', 'RING')).toEqual(['0002'])
    expect(names(images, undefined, 'name', 'upper left')).toHaveLength(3)
    expect(names(images, undefined, 'name', '0003')).toEqual(['0003'])
    expect(names(images, undefined, 'name', 'elephant')).toEqual([])
  })
})

describe('words that differ', () => {
  it('are those that not every caption has, as often', () => {
    expect(differingWords(['a red star', 'A big red star.'])).toEqual([
      [false, false, false],
      [false, true, false, false],
    ])
    expect(differingWords(['a star and a star', 'a star'])).toEqual([
      [false, false, true, true, true],
      [false, false],
    ])
    expect(differingWords([])).toEqual([])
  })
})

/** 8 x 8: the right half white. */
const half: RgbImage = {
  ...{ width: 8, height: 8 },
  data: Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => (Math.floor(i / 3) % 8 < 4 ? 0 : 255)),
}

/** As the database's thread would answer. */
function answered(model: Model, picture: Picture = { preview: half, width: 8, height: 8 }): Model {
  const answerTo = ({ need }: Need): Answers[Need['need']] => {
    if (need === 'captions') return images
    if (need === 'attention')
      return { words: ['two', 'stars'], maps: [map(1, 0), map(0, 1)], seen: { left: 0, top: 0, width: 8, height: 8 } }
    return picture
  }
  const give = (before: Model) =>
    needsOf(before).reduce((next, need) => told(next, { tell: 'answer', need, answer: answerTo(need) }), before)
  return give(give(model))
}

const map = (...values: readonly number[]) => ({ rows: 1, columns: 2, values: Float32Array.from(values) })
const frame = (model: Model) => `${screen(model).map((line) => bare(line).trimEnd()).join('\n')}\n` // prettier-ignore

describe.each<Size>([
  { columns: 80, rows: 24 },
  { columns: 160, rows: 50 },
])('the captions at $columns x $rows', (size) => {
  it('stand beside the image, with their scores', async () => {
    const shown = frame(answered(pressed(opened(four, size), '4')))
    await expect(shown).toMatchFileSnapshot(`frames/captions-${size.columns}x${size.rows}.txt`)
  })
})

describe('the captions', () => {
  const model = answered(pressed(opened(four), '4'))

  it('go from image to image, the next one being read before it is gone to', () => {
    expect(frame(model)).toContain('1 of 3 · 0002 · by disagreement: CIDEr 2.75 apart')
    const second = pressed(model, 'n')
    expect(frame(second)).toContain('2 of 3 · 0001')
    expect(frame(second)).not.toContain('reading')
    expect(frame(pressed(model, 'n', 'n', 'n', 'n'))).toContain('3 of 3 · 0003')
    expect(frame(pressed(model, 'G', 'p', 'p', 'p', 'p'))).toContain('1 of 3')
    expect(needsOf(model).flatMap((need) => (need.need === 'picture' ? [need.image] : []))).toEqual(['0002', '0001'])
  })

  it('are ordered otherwise, and searched while one types', () => {
    expect(frame(pressed(model, 'o'))).toContain('1 of 3 · 0002 · by regression: CIDEr 2.75 below ◆')
    expect(frame(pressed(model, 'o', 'o'))).toContain('1 of 3 · 0001 · by name')
    const searching = pressed(model, '/', ...typing('big'))
    expect(frame(searching)).toContain('1 of 3 · 0002')
    expect(frame(pressed(model, '/', ...typing('two')))).toContain('1 of 1 · 0003')
    expect(frame(pressed(model, '/', ...typing('elephant'), 'enter'))).toContain('contains "elephant"')
    expect(frame(pressed(searching, 'esc'))).toContain('1 of 3')
  })

  it('mark in brackets what differs, and make harmless what is written', () => {
    expect(frame(model)).toContain('a blue [ring]')
    const harmed = frame(pressed(model, 'G'))
    expect(harmed).toContain('two [�[31mstars]')
    expect(screen(pressed(model, 'G')).join('')).not.toContain('\u001b[31m')
  })

  it('say why there is no image, or no caption', () => {
    expect(frame(answered(pressed(opened(four), '4'), { problem: 'gone.jpg: there is no such file' }))).toContain('gone.jpg')
    const none = pressed(opened(four), '4')
    expect(frame(none)).toContain('reading captions')
    expect(frame(told(none, { tell: 'answer', need: needsOf(none)[0]!, answer: [] }))).toContain('No captions yet')
    const other = answered(pressed(opened([...four, attempt('lora-b', { cider: 9, run: { id: 'other' } })]), '4'))
    expect(frame(other)).toContain('not scored on these images')
  })

  it('show the attention of the attempt at the cursor, word after word', () => {
    const shown = answered(pressed(model, 'j', 'a'))
    expect(needsOf(shown)).toContainEqual({ need: 'attention', run: id('lora'), image: '0002' })
    expect(frame(shown)).toContain('>two< stars')
    expect(frame(pressed(shown, 'w'))).toContain('two >stars<')
    expect(frame(pressed(shown, 'w', 'w'))).toContain('>two< stars')
    expect(frame(pressed(shown, 'W'))).toContain('two >stars<')
    const [left, right] = [shown, pressed(shown, 'w')].map((one) => frame(one).split('\n')[4]!.slice(0, 30))
    expect(left).not.toBe(right)
    expect(frame(pressed(shown, 'a'))).toBe(frame(pressed(model, 'j')))
  })

  it('are a table for files, image after image', () => {
    const saved = pressed(model, 'ctrl+s')
    expect(saved.dialog).toMatchObject({ kind: 'prompt', what: 'export', text: 'captions.md' })
    const table = captionsView.table!(model)!
    expect(table.rows).toHaveLength(12)
    expect(table.rows[1]!.map(({ text }) => text)).toEqual(['0002', 'lora', 'a blue ring', '0.250', '0.700'])
  })
})

describe('the attention of a run', () => {
  const words = ['a', 'star']
  /** [2 layers, 2 heads, 2 words, 1 + 4 tokens]: the last layer's heads give word w of patch p 10 w + p, and 2 more. */
  const values = Float32Array.from({ length: 40 }, (_, i) => {
    const [layer, head, word, token] = [Math.floor(i / 20), Math.floor(i / 10) % 2, Math.floor(i / 5) % 2, i % 5]
    return layer === 0 || token === 0 ? 99 : 10 * word + token - 1 + 2 * head
  })
  const attended: AttendedCaption = {
    attention: floats([2, 2, 2, 5], values),
    rollout: floats([2, 5]),
    words,
    pieces: words.map((word) => [word]),
    layers: [0, 1],
    grid: [2, 2],
    crop: [8, 0, 48, 48],
    size: [64, 48],
    caption: 'a star',
    image: '0001.jpg',
    run: 'r',
    decoding: 'greedy',
  }

  it('is the mean of the last layer, over the patches alone', () => {
    const path = join(temporaryFolder(), '0001.safetensors')
    writeAttention(path, attended)
    const found = attentionOf(path)
    if ('problem' in found) throw new Error(found.problem)
    expect(found.words).toEqual(words)
    expect(found.maps.map((heat) => Array.from(heat.values))).toEqual([
      [1, 2, 3, 4],
      [11, 12, 13, 14],
    ])
    expect(found.seen).toEqual({ left: 8, top: 0, width: 48, height: 48 })
  })

  it('is told to be missing, damaged or something else, never thrown', () => {
    const folder = temporaryFolder()
    expect(attentionOf(join(folder, 'none.safetensors'))).toMatchObject({ problem: expect.stringContaining('captune attend') })
    writeFileSync(join(folder, 'torn.safetensors'), 'torn')
    expect(attentionOf(join(folder, 'torn.safetensors'))).toMatchObject({ problem: expect.stringContaining('torn.safetensors') })
    const path = join(folder, 'other.safetensors')
    writeAttention(path, { ...attended, words: ['a'] })
    expect(attentionOf(path)).toMatchObject({ problem: expect.stringContaining('not the attention of a caption') })
  })
})

describe('the source', () => {
  it('reads captions, references and a small copy of the image from a real database', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'wide.png')
    writeFileSync(path, await encodePng({ width: 400, height: 200, data: new Uint8Array(400 * 200 * 3).fill(200) }))
    for (const [run, cider] of [
      ['first-run', 1.5],
      ['second-run', 0.5],
    ] as const) {
      // prettier-ignore
      const writer = await writerIn(folder, run)
      writer.environment({ 'score.val.data': 'data-a' })
      writer.references('data-a', [{ image: 'wide', path, captions: ['one', 'two'] }])
      writer.samples('val', 10, [{ image: 'wide', caption: `by ${run}`, cider }])
      await writer.finish('finished')
    }
    mkdirSync(join(folder, 'second-run/attention'))
    const told: FromSource[] = []
    const source = openSource({ database: join(folder, 'runs.db'), study: undefined, tell: (message) => told.push(message) })
    const needs: Need[] = [
      { need: 'captions', runs: ['first-run', 'second-run'] },
      { need: 'picture', data: 'data-a', image: 'wide' },
      { need: 'picture', data: 'data-a', image: 'unknown' },
      { need: 'attention', run: 'second-run', image: 'wide' },
    ]
    source.receive({ needs })
    while (source.poll());
    while (source.poll());
    await expect.poll(() => told.filter(({ tell }) => tell === 'answer').length).toBe(needs.length)
    source.close()
    const answerTo = (wanted: Need) => told.find((message) => message.tell === 'answer' && message.need === wanted)
    expect(answerTo(needs[0]!)).toMatchObject({
      answer: [
        {
          ...{ data: 'data-a', image: 'wide', references: ['one', 'two'] },
          captions: {
            'first-run': { caption: 'by first-run', cider: 1.5 },
            'second-run': { caption: 'by second-run', cider: 0.5 },
          },
        },
      ],
    })
    expect(answerTo(needs[1]!)).toMatchObject({ answer: { width: 400, height: 200, preview: { width: 160, height: 80 } } })
    expect(answerTo(needs[2]!)).toMatchObject({ answer: { problem: expect.stringContaining('unknown') } })
    expect(answerTo(needs[3]!)).toMatchObject({
      answer: { problem: 'no attention was kept for this image; `captune attend` makes it' },
    })
  })
})
