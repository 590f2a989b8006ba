import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fromRoot } from '../../../src/base/files.ts'
import { flatten } from '../../../src/config/hash.ts'
import { loadClassifyConfig, loadRunConfig } from '../../../src/config/load.ts'
import { compareSurroundings, configText, prepare, reproductionOf, type Reproduction } from '../../../src/recipes/repro.ts'
import type { Entry, RunIdentity } from '../../../src/tracking/entries.ts'
import { openReader } from '../../../src/tracking/reader.ts'
import { identity } from '../../fixtures/tracking/processes.ts'
import { recordRun } from '../../fixtures/tracking/record-run.ts'
import { temporaryFolder } from '../../fixtures/tracking/temporary.ts'

let runs: string
beforeEach(() => vi.stubEnv('CAPTUNE_RUNS', (runs = temporaryFolder())))
afterEach(() => vi.unstubAllEnvs())

const { config } = loadRunConfig(fromRoot('configs/shapes/lora.yaml'))

function record(run: Partial<RunIdentity> & { id: string }, values: object, facts: Readonly<Record<string, unknown>> = {}): void {
  const entries: Entry[] = [
    { entry: 'config', values: flatten(values) },
    { entry: 'environment', values: facts },
    { entry: 'end', state: 'finished', reason: null, at: 1 },
  ]
  recordRun(runs, { ...identity(run.id), ...run }, undefined, entries)
}

function reproduction(id: string): Reproduction {
  const reader = openReader(join(runs, 'runs.db'))
  try {
    return reproductionOf(reader, reader.run(id)!)
  } finally {
    reader.close()
  }
}

/** The file that the commands name. */
function written(id: string): string {
  const path = join(runs, `${id}.yaml`)
  writeFileSync(path, configText(reproduction(id).config))
  return path
}

describe('a run that is made again', () => {
  it('has its configuration as it was, and the command of its kind', () => {
    record({ id: 'a', study: "it's mine", attempt: 'LoRA 8' }, config)
    expect(loadRunConfig(written('a')).config).toEqual(config)
    expect(configText(reproduction('a').config)).toMatch(/^name: lora-r8\ndata:\n {2}root: data\/shapes\nencoder:\n/)
    expect(reproduction('a').commands).toEqual([`./captune train a.yaml --study 'it'\\''s mine' --attempt 'LoRA 8'`])
    const classify = loadClassifyConfig(fromRoot('configs/shapes/classify.yaml')).config
    record({ id: 'c', kind: 'classify' }, classify)
    expect(loadClassifyConfig(written('c')).config).toEqual(classify)
    expect(reproduction('c').commands).toEqual(['./captune classify c.yaml --study shapes --attempt c'])
  })

  it('is trained first where it decodes what another has learned', () => {
    record({ id: 'parent' }, config)
    const decode = { strategy: 'beam', beams: 5, max_length: 30, batch: 32, stop: ['a b'] }
    record({ id: 'child', kind: 'decode', parent: 'parent' }, { ...config, decode })
    expect(reproduction('child')).toMatchObject({
      file: 'parent.yaml',
      commands: [
        './captune train parent.yaml --study shapes --attempt parent',
        `./captune decode shapes/parent decode.beams=5 decode.max_length=30 'decode.stop=["a b"]' 'decode.strategy="beam"' --study shapes --attempt child`, // prettier-ignore
      ],
    })
  })

  it('is refused where another program made it, or where its code is not known', () => {
    record({ id: 'external', kind: 'external' }, {})
    expect(() => reproduction('external')).toThrow("external: holds another program's predictions; `captune runs add`")
    record({ id: 'a' }, config)
    expect(() => prepare(reproduction('a'), join(runs, 'again'))).toThrow(
      'a: was made outside git, so that its code is not known',
    )
  })

  it('says which of node, engine, data and weights are others here, and what is missing', async () => {
    record({ id: 'a' }, config, { 'node.version': 'v18.0.0', 'engine.chosen': 'another', 'git.commit': 'f'.repeat(40) })
    const { differences, same } = await compareSurroundings(reproduction('a'))
    expect(differences).toMatchObject([
      { fact: 'engine.chosen', then: 'another', here: expect.stringMatching(/^(onnx|tensorflow|wasm) /) as string },
      { fact: 'node.version', then: 'v18.0.0', here: process.version },
    ])
    expect(same).toEqual([])
    const moved = { ...config, encoder: { ...config.encoder, weights: 'weights/nothing.safetensors' } }
    record({ id: 'b' }, moved, { 'data.fingerprint': 'aa', 'encoder.weights': 'bb' })
    expect(await compareSurroundings(reproduction('b'))).toMatchObject({
      differences: [{ fact: 'data.fingerprint', then: 'aa', here: expect.stringMatching(/missing/) as string }],
    })
  })
})
