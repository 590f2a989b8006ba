// The other kinds of configurations and studies: classifications, and trained runs decoded again.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { UserError } from '../../../src/base/errors.ts'
import { fromRoot } from '../../../src/base/files.ts'
import { cells, type ClassifyStudy, type DecodeStudy } from '../../../src/config/cells.ts'
import { loadDecodingConfig } from '../../../src/config/decoding-only.ts'
import { describe as described } from '../../../src/config/describe.ts'
import { loadAnyConfig, loadClassifyConfig, loadRunConfig } from '../../../src/config/load.ts'
import { optionsOf, classifySchema, runSchema } from '../../../src/config/schema.ts'
import { loadStudy, openStudy } from '../../../src/config/study.ts'
import { loraYaml, mistakesOf, temporaryFiles } from './files.ts'

const write = temporaryFiles()
const zeroShotYaml = readFileSync(fromRoot('configs/shapes/classify.yaml'), 'utf8')
const lora = write('lora.yaml', loraYaml)
const zeroShot = write('zero-shot.yaml', zeroShotYaml)
const smallest = 'name: small\ndata: { root: d }\nclip: { weights: w, vocabulary: v }\n'

/** `shapes/lora` is the one trained run. */
function findRun(run: string): { id: string; config: string } {
  if (run !== 'shapes/lora') throw new UserError(`RUN "${run}": there is no such run.`)
  return { id: 'shapes-lora-s1-00000000', config: lora }
}

const study = (text: string, ...args: string[]) => loadStudy(write('study.yaml', `name: s\n${text}`), args, findRun)
const mistakes = (text: string, ...args: string[]) => mistakesOf(() => study(text, ...args))

describe("a classification's config", () => {
  it.each(['configs/classify.yaml', 'configs/shapes/classify.yaml'])('%s is complete and says how it is run', (name) => {
    expect(readFileSync(fromRoot(name), 'utf8')).toContain(`#   ./captune classify ${name}\n`)
    const { config, origins } = loadClassifyConfig(fromRoot(name))
    expect(config.prompts.templates).toEqual(['a photo of a {object}'])
    expect([...origins.values()]).not.toContain('default')
  })

  it('has defaults for prompts and engine, and none for files', () => {
    const { config } = loadClassifyConfig(write('small.yaml', smallest))
    expect(config).toMatchObject({ prompts: { templates: ['a photo of a {object}'] }, engine: { name: 'auto', threads: 2 } })
    expect(mistakesOf(() => loadClassifyConfig(write('less.yaml', 'name: less\nclip: { weights: w }\n')))).toEqual([
      'less.yaml:1: "data.root" is missing; a path is needed',
      'less.yaml:2: "clip.vocabulary" is missing; a path is needed',
    ])
  })

  it('tells every mistake at once, with its line', () => {
    const broken = `${smallest}prompts: { templats: [x] }\nengine: { name: wasm, device: cuda }\npeft: { type: none }\n`
    expect(mistakesOf(() => loadClassifyConfig(write('broken.yaml', broken), ['clip.wieghts=x']))).toEqual([
      'broken.yaml:4: unknown option "prompts.templats" (did you mean "prompts.templates"?)',
      'broken.yaml:6: unknown option "peft"',
      'command line: unknown option "clip.wieghts" (did you mean "clip.weights"?)',
    ])
    expect(mistakesOf(() => loadClassifyConfig(zeroShot, ['engine={name: wasm, device: cuda}']))).toEqual([
      'command line: "engine.device" is "cuda" and "engine.name" is "wasm"; cpu or auto is needed there',
    ])
  })

  it.each(['["a photo"]', '["a photo of a {objekt}"]'])('refuses templates without a place for the class: %s', (templates) => {
    const [sentence] = mistakesOf(() => loadClassifyConfig(zeroShot, [`prompts.templates=${templates}`]))
    expect(sentence).toMatch(
      /^command line: "prompts\.templates\[0\]" is ".*"; a text with \{object\} or \{\} where the class name belongs is needed$/,
    )
  })

  it("is told from a run's, either way", () => {
    expect(mistakesOf(() => loadClassifyConfig(lora))).toEqual(["lora.yaml: this is a run's config; a classification's config is needed."]) // prettier-ignore
    expect(mistakesOf(() => loadRunConfig(zeroShot))).toEqual([
      "zero-shot.yaml: this is a classification's config; a run's config is needed.",
    ])
    expect(loadAnyConfig(lora).config).toHaveProperty('peft')
    expect(described(loadAnyConfig(zeroShot)).find(({ key }) => key === 'prompts.templates')).toMatchObject({
      value: '[a photo of a {object}]',
      description: expect.stringContaining('ensemble') as string,
    })
  })

  it("has the engine's options in common with a run's", () => {
    const engine = (schema: ReturnType<typeof runSchema>) => optionsOf(schema).filter(({ key }) => key.startsWith('engine'))
    expect(engine(classifySchema())).toEqual(engine(runSchema()))
  })
})

describe('a study of kind classify', () => {
  it('experiments/prompts asks in five ways, with one cell each', () => {
    const prompts = openStudy(fromRoot('experiments/prompts/study.yaml'), [], findRun) as ClassifyStudy
    expect(prompts).toMatchObject({ kind: 'classify', metric: 'val/accuracy', seeds: [0] })
    expect(cells(prompts).map(({ attempt, config }) => [attempt, config.prompts.templates.length])).toEqual([
      ['this-is', 1],
      ['this-is-not', 1],
      ['no-score', 1],
      ['a-photo-of-a', 1],
      ['ensemble-18', 18],
    ])
  })

  it('is judged by accuracy unless it says otherwise, and made from a config on the command line', () => {
    expect(study(`kind: classify\nbase: ${zeroShot}`)).toMatchObject({ metric: 'val/accuracy', seeds: [0] })
    const grid = openStudy(zeroShot, ['prompts.templates=["a {}"],["b {}"]'], findRun)
    expect(grid).toMatchObject({ kind: 'classify', name: 'zero-shot' })
    expect(grid.attempts.map(({ name }) => name)).toEqual(['templates=a_', 'templates=b_'])
  })

  it.each([
    [
      'seeds',
      `base: ${zeroShot}\nseeds: [1]`,
      'study.yaml:4: "seeds" does not belong to a study of kind classify; nothing in it is random',
    ],
    [
      'a run',
      `base: ${zeroShot}\nrun: shapes/lora`,
      'study.yaml:4: "run" does not belong to a study of kind classify; "base" is needed',
    ],
    [
      'another metric',
      `base: ${zeroShot}\nmetric: val/cider`,
      'study.yaml:4: "metric" is "val/cider"; one of val/accuracy, val/top5 is needed in a study of kind classify',
    ],
    ['another kind of base', `base: ${lora}`, "lora.yaml: this is a run's config; a classification's config is needed."],
    ['an attempt with a seed', `base: ${zeroShot}\nattempts: { a: { seed: 1 } }`, 'study.yaml:4: unknown option "seed"'],
  ])('refuses %s', (_, text, sentence) => {
    expect(mistakes(`kind: classify\n${text}`)).toEqual([sentence])
  })
})

describe('a study of kind decode', () => {
  it('experiments/shapes/decoding.yaml has the ways of decoding, over the config of the run', () => {
    const decoding = openStudy(fromRoot('experiments/shapes/decoding.yaml'), [], findRun) as DecodeStudy
    expect(decoding).toMatchObject({ kind: 'decode', parent: 'shapes-lora-s1-00000000', metric: 'val/cider', seeds: [1] })
    expect(decoding.attempts.map(({ name, config: { decode } }) => [name, decode.strategy, decode.max_length])).toEqual([
      ['greedy', 'greedy', 24],
      ['beam-3', 'beam', 24],
      ['beam-5', 'beam', 24],
      ['beam-5-long', 'beam', 24],
      ['beam-5-no-repeat', 'beam', 24],
      ['nucleus', 'sample', 24],
    ])
    expect(decoding.attempts[2]!.config.peft).toEqual(loadRunConfig(lora).config.peft)
  })

  it('changes decoding and engine alone', () => {
    const text = 'kind: decode\nrun: shapes/lora\nattempts:\n  a: { decode: beam:2 }\n  b: { peft.rank: 4, seed: 2 }\n'
    expect(mistakes(text, 'engine.threads=1', 'train.lr=1')).toEqual([
      'study.yaml:6: "peft.rank" belongs to the training; options of decode are needed',
      'study.yaml:6: "seed" belongs to the training; options of decode are needed',
      'command line: "train.lr" belongs to the training; options of decode are needed',
    ])
    expect(mistakesOf(() => loadDecodingConfig(lora, ['decode=beam:2', 'peft.rank=4']))).toEqual([
      'command line: "peft.rank" belongs to the training; options of decode are needed',
    ])
  })

  it.each([
    ['without a run', '', 'study.yaml:1: "run" is missing; a run is needed'],
    [
      'with a base',
      `run: shapes/lora\nbase: ${lora}`,
      'study.yaml:4: "base" does not belong to a study of kind decode; "run" is needed',
    ],
    [
      'with seeds',
      'run: shapes/lora\nseeds: [1, 2]',
      'study.yaml:4: "seeds" does not belong to a study of kind decode; an attempt that samples has its decode.seed',
    ],
    ['of a run that is not there', 'run: shapes/lroa', 'study.yaml:3: RUN "shapes/lroa": there is no such run.'],
  ])('%s is refused', (_, text, sentence) => {
    expect(mistakes(`kind: decode\n${text}`)).toEqual([sentence])
  })
})
