import { mkdtempSync, rmSync } from 'node:fs'
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
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => vi.restoreAllMocks())

/** What is printed, and the sentence that it ends with where the file does not fit its model. */
function printed(file: string, asJson = false): { text: string; problem?: string } {
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
  const text = () => log.mock.calls.map(([line]) => String(line)).join('\n')
  try {
    printInspection(file, asJson)
    return { text: text() }
  } catch (error) {
    if (!(error instanceof IncompleteError)) throw error
    return { text: text(), problem: error.message }
  }
}

describe('captune inspect', () => {
  it('lists the entries and describes the model', () => {
    const { text, problem } = printed(decoder)
    expect(problem).toBeUndefined()
    expect(text).toMatch(/^h\.0\.attn\.c_attn\.weight +F32 +\[8, 24\]$/m)
    expect(text).toContain('torch legacy, 30 entries, 1,968 values')
    expect(text).toContain('model: GPT-2 decoder, 2 layers, 1 heads, width 8, 11 tokens, 6 positions')
  })

  it('names what the model lacks, has too many and has in another shape', () => {
    const file = openCheckpoint(decoder)
    const rest = file.readAll(file.names.filter((name) => name !== 'ln_f.bias'))
    writeSafetensors(path, { ...rest, 'ln_f.weight': floats([3]), 'h.1.more': ints([2]) }, { note: 'a \u001b[31mred one' })
    const { text, problem } = printed(path)
    expect(text).toContain('missing: ln_f.bias [8]\nunexpected: h.1.more [2]\nmisshapen: ln_f.weight [3], [8] is needed')
    expect(text).toContain('note: a \ufffd[31mred one')
    expect(problem).toBe(`${path}: 3 entries do not fit the model.`)
  })

  it('says which entry tells too little about the sizes, or that the model is unknown', () => {
    writeSafetensors(path, { 'wte.weight': floats([11, 8]) })
    expect(printed(path)).toMatchObject({ problem: `${path}: \`wpe.weight\` is missing; the model cannot do without it.` })
    writeSafetensors(path, { other: floats([2, 3]) })
    expect(printed(path).text).toContain('model: none that is known here')
  })

  it('gives all of it as JSON', () => {
    const { text } = printed(fromRoot('tests/fixtures/checkpoint/every-kind.pt'), true)
    const found = JSON.parse(text) as { entries: { name: string }[] }
    expect(found).toMatchObject({ format: 'torch zip', values: 80, model: null, problem: null })
    expect(found.entries.find(({ name }) => name === 'tied.b')).toEqual({
      name: 'tied.b',
      dtype: 'float32',
      stored: 'F32',
      shape: [2, 2],
      tied: 'tied.a',
    })
  })
})
