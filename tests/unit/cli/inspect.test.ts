import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { IncompleteError } from '../../../src/base/errors.ts'
import { fromRoot } from '../../../src/base/files.ts'
import { floats, ints } from '../../../src/base/nd-array.ts'
import { openCheckpoint } from '../../../src/checkpoint/open.ts'
import { writeSafetensors } from '../../../src/checkpoint/safetensors.ts'
import { printInspection } from '../../../src/cli/inspect-report.ts'

const decoder = fromRoot('tests/fixtures/pretrained/decoder_model.bin')
const folder = mkdtempSync(join(tmpdir(), 'captune-inspect-'))
const path = join(folder, 'weights.safetensors')
vi.stubEnv('CAPTUNE_RUNS', join(folder, 'runs')) // where hashes are remembered
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => vi.restoreAllMocks())

/** What is printed, and the sentence that it ends with where the file does not fit its model. */
async function printed(file: string, asJson = false): Promise<{ text: string; problem?: string }> {
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
  const text = () => log.mock.calls.map(([line]) => String(line)).join('\n')
  try {
    await printInspection(file, asJson)
    return { text: text() }
  } catch (error) {
    if (!(error instanceof IncompleteError)) throw error
    return { text: text(), problem: error.message }
  }
}

describe('captune inspect', () => {
  it('lists the entries and describes the model', async () => {
    const { text, problem } = await printed(decoder)
    expect(problem).toBeUndefined()
    expect(text).toMatch(/^h\.0\.attn\.c_attn\.weight +F32 +\[8, 24\]$/m)
    expect(text).toContain('torch legacy, 30 entries, 1,968 values')
    expect(text).toContain('model: GPT-2 decoder, 2 layers, 1 heads, width 8, 11 tokens, 6 positions; 1 896 parameters')
  })

  it('names what the model lacks, has too many and has in another shape', async () => {
    const file = openCheckpoint(decoder)
    const rest = file.readAll(file.names.filter((name) => name !== 'ln_f.bias'))
    writeSafetensors(path, { ...rest, 'ln_f.weight': floats([3]), 'h.1.more': ints([2]) }, { note: 'a \u001b[31mred one' })
    const { text, problem } = await printed(path)
    expect(text).toContain('missing: ln_f.bias [8]\nunexpected: h.1.more [2]\nmisshapen: ln_f.weight [3], [8] is needed')
    expect(text).toContain('note: a \ufffd[31mred one')
    expect(problem).toBe(`${path}: 3 entries do not fit the model.`)
  })

  it('says which entry tells too little about the sizes, or that the model is unknown', async () => {
    writeSafetensors(path, { 'wte.weight': floats([11, 8]) })
    expect(await printed(path)).toMatchObject({ problem: `${path}: \`wpe.weight\` is missing; the model cannot do without it.` })
    writeSafetensors(path, { other: floats([2, 3]) })
    expect((await printed(path)).text).toContain('model: none that is known here')
  })

  it('says how an encoder is run, where each item was found, and what to be warned of', async () => {
    const { text, problem } = await printed(fromRoot('tests/fixtures/pretrained/families/timm-openai/model.safetensors'))
    expect(problem).toBeUndefined()
    expect(text).toContain('model: vision transformer without texts, images 16/8, 2 layers of width 16; 9 792 parameters')
    expect(text).toMatch(/^crop_pct +0\.9 +config\.json$/m)
    expect(text).toMatch(/^activation +quick_gelu +config\.json's vit_base_patch32_clip_224\.openai$/m)
    expect(text).toMatch(/^size +16 +its shapes$/m)
    expect(text).toContain('Warning: ')
    expect(text).toContain('was trained with QuickGELU')
  })

  it('says that a file is not the published one that its name promises', async () => {
    const named = join(folder, 'ViT-B-32.pt')
    copyFileSync(fromRoot('tests/fixtures/pretrained/clip-openai.pt'), named)
    expect((await printed(named)).problem).toContain('the published ViT-B-32.pt has 40d36571')
    writeFileSync(named, readFileSync(named).subarray(0, 20_000))
    await expect(printInspection(named, false)).rejects.toThrow('the download is damaged or was cut off')
  })

  it('gives all of it as JSON', async () => {
    const { text } = await printed(fromRoot('tests/fixtures/checkpoint/every-kind.pt'), true)
    const found = JSON.parse(text) as { entries: { name: string }[] }
    expect(found).toMatchObject({ format: 'torch zip', values: 80, models: [], problem: null })
    expect(found.entries.find(({ name }) => name === 'tied.b')).toEqual({
      name: 'tied.b',
      dtype: 'float32',
      stored: 'F32',
      shape: [2, 2],
      tied: 'tied.a',
    })
  })
})
