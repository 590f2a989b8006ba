// The report of real runs: trained, classified, attended to, built, read in a real browser, verified.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { fromRoot } from '../../src/base/files.ts'
import { captune, config, temporaryPlace, tiny, tinyWorld, type Ended } from './captune.ts'
import { chromium, openPage } from './chromium.ts'
import { theRun } from './records.ts'

const place = temporaryPlace()
const [runs, folder] = [join(place, 'runs'), join(place, 'report')]
const report = (...args: string[]) => captune(['report', ...args], { runs })
const build = (...args: string[]) => report('build', '--output', folder, ...args)
let built: Ended
let best: string

beforeAll(async () => {
  const world = tinyWorld(place)
  const trained = await captune(['train', config('lora'), ...tiny(world)], { runs })
  expect([trained.code, trained.stderr]).toEqual([0, expect.anything()])
  best = theRun(runs).id
  const prompts = fromRoot('configs/shapes/classify.yaml')
  const asked = await captune(['classify', prompts, `data.root=${world}`, 'engine.threads=1'], { runs })
  expect([asked.code, asked.stderr]).toEqual([0, expect.anything()])
  built = await build('--student', 'r12345678', '--name', '王小明')
})

describe('captune report build', () => {
  it('writes PDF and page, and says by exit code 3 what the course wants and nobody has made', () => {
    expect(built.stdout).toMatch(
      /report\.html\n.*hw3_r12345678\.pdf\n8 of your texts are still to be written: text\/1-1-methods\.typ, /,
    )
    expect(built.stderr).toMatch(/The report is built, and says what is missing in it:\n {2}1\.2 {2}accuracy of the prompt "This is a photo of \{object\}"\n {7}\.\/captune study/) // prettier-ignore
    expect(built.stderr).toMatch(/\n {2}2\.2 {2}3 finished attempts of PEFT; only lora is there\n/)
    expect(built.stderr).not.toMatch(/attention maps/)
    expect(built.code).toBe(3)
    expect(readFileSync(join(folder, 'hw3_r12345678.pdf')).subarray(0, 5).toString()).toBe('%PDF-')
  })

  it('leaves the checkout alone where the report lies outside of it', () => {
    expect(existsSync(fromRoot('hw3_r12345678.pdf'))).toBe(false)
  })

  it("keeps the student's words, and attends to nothing twice", async () => {
    const text = join(folder, 'text/1-1-methods.typ')
    writeFileSync(text, 'Because *it* has read the web.\n')
    const again = await build()
    expect(readFileSync(text, 'utf8')).toBe('Because *it* has read the web.\n')
    expect(again.stdout).toContain('7 of your texts')
    expect(again.stderr).not.toContain('captions:')
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('<p>Because <strong>it</strong> has read the web.</p>')
  })

  it('refuses what is no student ID', async () => {
    const { code, stderr } = await build('--student', '../x')
    expect([code, stderr]).toEqual([2, '--student "../x": is no student ID; r12345678 is one, say.\n'])
  })
})

describe('captune report verify', () => {
  it('finds a built report true', async () => {
    const { code, stdout } = await report('verify', '--output', folder)
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^All \d+ numbers and words of the report's tables are those of the database\.\n$/),
    ])
  })
})

describe('captune report pick', () => {
  it('keeps a run for the report, and takes it back', async () => {
    const pick = (...args: string[]) => report('pick', '--output', folder, ...args)
    expect((await pick('prefix=single/lora-r8')).stdout).toBe(
      `best       ${best}\nlora       ${best}\nprefix     ${best}  (picked)\n`,
    )
    expect((await pick('prefix=')).stdout).toBe(`best       ${best}\nlora       ${best}\n`)
    expect(await pick('prefix=nothing')).toMatchObject({ code: 2 })
    expect(await pick('prefix')).toMatchObject({ code: 2, stderr: '"prefix": is no pick; lora=RUN or best=RUN is needed.\n' })
  })
})

describe('captune report table', () => {
  it('prints what is asked for in any format', async () => {
    expect((await report('table', '--format', 'tex')).stdout).toMatch(
      /^\\begin\{tabular\}\{llrrrrrr\}\n[^]*lora rank 8, alpha 16, c\\_attn/,
    )
    const facts = JSON.parse((await report('table', '--of', 'prompts', '--format', 'json')).stdout) as unknown
    expect(facts).toMatchObject([{ kind: 'classify', accuracy: { n: 1 } }])
    expect(await report('table', '--of', 'decoding')).toMatchObject({ code: 2 })
  })
})

const inBrowser = chromium === undefined ? 'is read in a browser (skipped: no chromium here)' : 'is read in a browser'

describe.skipIf(chromium === undefined)(`report.html ${inBrowser}`, () => {
  async function opened(window = {}) {
    const page = await openPage(pathToFileURL(join(folder, 'report.html')).href, window)
    onTestFinished(() => page.close())
    const word = (n: number) => `document.querySelectorAll('.words button')[${n}]`
    const drawn = () =>
      page.evaluate(
        `(() => { const c = document.querySelector('canvas'); return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v > 0) })()`,
      )
    const seen = () => page.evaluate(`document.querySelector('.seen').textContent`)
    return { page, word, drawn, seen }
  }

  it('shows where the model looked at the word that is pointed at', async () => {
    const { page, word, drawn, seen } = await opened()
    await page.evaluate(`document.querySelector('.attention').scrollIntoView()`)
    const { x, y } = (await page.evaluate(`JSON.parse(JSON.stringify(${word(1)}.getBoundingClientRect()))`)) as {
      x: number
      y: number
    }
    expect(await drawn()).toBe(false)
    await page.pointAt(x + 4, y + 4)
    expect(await drawn()).toBe(true)
    expect(await seen()).toMatch(/: largest weight on a patch \d+\.\d %, on the class token \d+\.\d %$/)
    await page.pointAt(2, 2)
    expect(await drawn()).toBe(false)
    expect(page.complaints).toEqual([])
  })

  it('does the same by keyboard alone', async () => {
    const { page, word, drawn, seen } = await opened()
    await page.evaluate(`${word(0)}.focus()`)
    const first = await seen()
    expect(await drawn()).toBe(true)
    await page.press('ArrowRight')
    expect(await page.evaluate(`document.activeElement === ${word(1)}`)).toBe(true)
    expect(await seen()).not.toBe(first)
    await page.press('Escape')
    expect(await drawn()).toBe(false)
    await page.press('Tab')
    expect(await page.evaluate(`document.activeElement === ${word(2)}`)).toBe(true)
  })

  it('fits a narrow window', async () => {
    const { page } = await opened({ width: 420 })
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
  })

  it('loads nothing from anywhere, and every picture is there', async () => {
    const { page } = await opened()
    expect(
      await page.evaluate(`performance.getEntriesByType('resource').filter(({ name }) => !name.startsWith('data:')).length`),
    ).toBe(0)
    expect(await page.evaluate(`[...document.images].filter((image) => image.naturalWidth === 0).length`)).toBe(0)
    expect(await page.evaluate(`[...document.images].filter((image) => image.alt === '').length`)).toBe(0)
  })
})
