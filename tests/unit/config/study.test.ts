import { describe, expect, it } from 'vitest'
import { fromRoot } from '../../../src/base/files.ts'
import { cells, type TrainStudy } from '../../../src/config/cells.ts'
import { loadRunConfig } from '../../../src/config/load.ts'
import { loadStudy, openStudy, studyFromCommandLine } from '../../../src/config/study.ts'
import { loraYaml, mistakesOf, temporaryFiles } from './files.ts'

const write = temporaryFiles()
const base = write('base.yaml', loraYaml)
const noRun = () => {
  throw new Error('no decode study')
}
const study = (text: string, ...args: string[]) =>
  loadStudy(write('study.yaml', `name: s\nbase: ${base}\n${text}`), args, noRun) as TrainStudy
const openShapes = () => openStudy(fromRoot('experiments/shapes/study.yaml'), [], noRun) as TrainStudy
const mistakes = (text: string, ...args: string[]) => mistakesOf(() => study(text, ...args))
const names = (text: string, ...args: string[]) => study(text, ...args).attempts.map(({ name }) => name)

describe('a study file', () => {
  it('experiments/shapes has the four attempts of the course and one seed', () => {
    const shapes = openShapes()
    expect(shapes).toMatchObject({
      name: 'shapes',
      kind: 'train',
      base: 'configs/shapes/none.yaml',
      seeds: [1],
      metric: 'val/cider',
      skip: [],
    })
    expect(shapes.attempts.map(({ config }) => [config.name, config.peft.type])).toEqual([['none', 'none'], ['lora', 'lora'], ['adapter', 'adapter'], ['prefix', 'prefix']]) // prettier-ignore
  })

  it.each(['none', 'lora', 'adapter', 'prefix'])('its attempt %s is the run of the config of that name', (name) => {
    const attempt = openShapes().attempts.find((each) => each.name === name)!
    expect(attempt.config).toEqual({ ...loadRunConfig(fromRoot(`configs/shapes/${name}.yaml`)).config, name })
  })

  it('merges attempts over the base, peft whole, dotted keys too', () => {
    const { attempts } = study(
      'attempts:\n  a: { train: { lr: 1e-4 }, peft: { type: lora, rank: 2 } }\n  b: { train.lr: 1e-5, peft.alpha: 3 }\n  c: { peft: none }\n',
    )
    const [a, b, c] = attempts.map(({ config }) => config)
    expect(a).toMatchObject({ name: 'a', train: { lr: 1e-4, warmup: 30 }, peft: { rank: 2, alpha: 16 } })
    expect(b).toMatchObject({ name: 'b', train: { lr: 1e-5 }, peft: { rank: 8, alpha: 3 } })
    expect(c!.peft).toEqual({ type: 'none' })
    expect(attempts[0]!.origins.get('peft.rank')).toMatch(/study\.yaml:4$/)
    expect(attempts[0]!.origins.get('train.warmup')).toMatch(/base\.yaml:36$/)
    expect(attempts[0]!.origins.get('peft.alpha')).toBe('default')
  })

  it('vary makes every combination, named by what varies', () => {
    expect(names('vary: { peft.rank: [2, 4], train.lr: [1e-3, 1e-4] }')).toEqual([
      'rank=2,lr=0.001',
      'rank=2,lr=0.0001',
      'rank=4,lr=0.001',
      'rank=4,lr=0.0001',
    ])
    expect(names('vary: { train.max_length: [20], decode.max_length: [9, 10] }')).toEqual([
      'train.max_length=20,decode.max_length=9',
      'train.max_length=20,decode.max_length=10',
    ])
    expect(
      names(
        'vary: { peft: [{ type: none }, { type: lora, rank: 3 }], peft.targets: [[c_fc]] }'.replace(
          ', peft.targets: [[c_fc]]',
          '',
        ),
      ),
    ).toEqual(['peft=none', 'peft=lora,rank=3'])
    expect(names('vary: { peft.targets: [[c_fc], [c_attn, c_proj]] }')).toEqual(['targets=c_fc', 'targets=c_attn+c_proj'])
  })

  it('without attempts is the base with its seeds', () => {
    expect(cells(study('seeds: [3, 4]')).map(({ attempt, seed, config }) => [attempt, seed, config.seed])).toEqual([['base', 3, 3], ['base', 4, 4]]) // prettier-ignore
    expect(study('').seeds).toEqual([1])
  })

  it('leaves out the cells that agree with every part of a skip entry', () => {
    const text = 'vary: { peft.rank: [2, 4] }\nseeds: [1, 2]\nskip: [{ peft.rank: 4, seed: 2 }, { attempt: rank=2, seed: 1 }]\n'
    expect(cells(study(text)).map(({ attempt, seed }) => `${attempt} ${seed}`)).toEqual(['rank=2 2', 'rank=4 1'])
    expect(cells(study('vary: { peft.rank: [2, 4] }\nskip: [{ peft: { rank: 4 } }]')).map(({ attempt }) => attempt)).toEqual([
      'rank=2',
    ])
  })

  it('puts arguments over every attempt, and seed over the seeds', () => {
    const changed = study('attempts: { a: { train.epochs: 9 }, b: { train.lr: 1e-5 } }\nseeds: [1]', 'train.epochs=2', 'seed=7,8')
    expect(changed.attempts.map(({ config }) => config.train.epochs)).toEqual([2, 2])
    expect(changed.attempts[0]!.origins.get('train.epochs')).toBe('command line')
    expect(changed.seeds).toEqual([7, 8])
    expect(study('', 'seed=5').seeds).toEqual([5])
    expect(study('', 'seed=[5, 6]').seeds).toEqual([5, 6])
  })
})

describe('mistakes in a study', () => {
  it('are told at once, with the file in which each stands', () => {
    expect(
      mistakes(
        'metric: val/cidr\nsedes: [1]\nattempts:\n  "a b": {}\n  c: { peft: { type: lora, rnak: 3 } }\n  d: { peft: { type: prefix, rank: 3 }, seed: 2 }\n  e: 4\n',
      ),
    ).toEqual([
      'study.yaml:3: "metric" is "val/cidr"; one of val/cider, val/clipscore, val/accuracy, val/top5 is needed (did you mean "val/cider"?)',
      'study.yaml:4: unknown option "sedes" (did you mean "seeds"?)',
      'study.yaml:6: "a b" is no name for it; a name of at most 80 letters, digits and the signs . _ = , + - is needed',
      'study.yaml:6: "name" is "a b"; a name of at most 80 letters, digits and the signs . _ = , + - is needed',
      'study.yaml:7: unknown option "peft.rnak" (did you mean "peft.rank"?)',
      'study.yaml:8: "seed" is no option of one attempt; "seeds" of the study is needed',
      'study.yaml:8: "peft.rank" belongs to type lora; this config\'s type is prefix',
      'study.yaml:9: "attempts.e" is "4"; a mapping of options is needed',
    ])
  })

  it('of the base stand in the base, once', () => {
    const broken = write('broken.yaml', loraYaml.replace('lr: 2e-3', 'lr: fast'))
    const path = write('study.yaml', `name: s\nbase: ${broken}\nattempts: { a: { peft.rank: 2 }, b: { peft.rank: 4 } }\n`)
    expect(mistakesOf(() => loadStudy(path, [], noRun))).toEqual([
      'broken.yaml:35: "train.lr" is "fast"; a number above 0 and at most 1 is needed',
    ])
  })

  it.each([
    ['an unknown key', 'vary: { peft.rnak: [1, 2] }', 'study.yaml:3: unknown option "peft.rnak" (did you mean "peft.rank"?)'],
    [
      'both ways',
      'attempts: { a: {} }\nvary: { peft.rank: [1] }',
      'study.yaml:4: "attempts" and "vary" both stand here; one of them is needed',
    ],
    [
      'a value twice',
      'vary: { peft.rank: [1, 1] }',
      'study.yaml:3: two attempts are named "rank=1"; attempts that differ in more than name and engine are needed',
    ],
    ['no values', 'vary: { peft.rank: [] }', 'study.yaml:3: "vary.peft.rank" is an empty list; a list is needed'],
    ['one value', 'vary: { peft.rank: 8 }', 'study.yaml:3: "vary.peft.rank" is "8"; a list is needed'],
    ['varied seed', 'vary: { seed: [1, 2] }', 'study.yaml:3: "seed" is no option of one attempt; "seeds" of the study is needed'],
    [
      'twins',
      'attempts:\n  a: {}\n  b: { engine: { threads: 1 } }',
      'study.yaml:5: the attempts "a" and "b" are the same run; attempts that differ in more than name and engine are needed',
    ],
    [
      'unknown skip',
      'skip: [{ peft.rnk: 3 }]',
      'study.yaml:3: unknown key "peft.rnk" in skip; attempt, seed or an option is needed (did you mean "peft.rank"?)',
    ],
    [
      'idle skip',
      'skip: [{ peft.rank: 3 }]',
      'study.yaml:3: skip[0] fits no cell of the study; an attempt, seed or value that occurs in it is needed',
    ],
    ['skip of all', 'skip: [{ seed: 1 }]', 'study.yaml:3: skip leaves out all 1 cells; at least one is needed'],
    [
      'a huge grid',
      `vary: { peft.rank: [${Array.from({ length: 100 }, (_, i) => i + 1).join(', ')}], train.epochs: [${Array.from({ length: 100 }, (_, i) => i + 1).join(', ')}] }`,
      'study.yaml:3: the grid makes 10000 attempts; at most 1000 are needed to answer one question',
    ],
  ])('%s', (_name, text, sentence) => {
    expect(mistakes(text)).toEqual([sentence])
  })

  it('a base that is missing is named', () => {
    const path = write('study.yaml', 'name: s\nbase: configs/nowhere.yaml\n')
    expect(mistakesOf(() => loadStudy(path, [], noRun))).toEqual([
      'configs/nowhere.yaml: the base config of study.yaml is missing.',
    ])
    expect(mistakesOf(() => loadStudy(write('study.yaml', 'name: s\n'), ['seed=1'], noRun))).toEqual([
      'study.yaml:1: "base" is missing; a path is needed',
    ])
  })

  it('a list in the arguments is for configurations, not for study files', () => {
    expect(mistakes('attempts: { a: {} }', 'peft.rank=1,2')).toEqual([
      'command line: "peft.rank" has several values; one is needed, because the study file gives the attempts',
    ])
  })
})

describe('a study from the command line', () => {
  const from = (...args: string[]) => studyFromCommandLine(base, args) as TrainStudy

  it('does what the study file does', () => {
    const typed = from('peft.rank=4,8,16', 'seed=1,2,3')
    const written = study('vary: { peft.rank: [4, 8, 16] }\nseeds: [1, 2, 3]')
    expect(typed.name).toBe('lora-r8')
    expect(cells(typed)).toEqual(cells(written))
    expect(openStudy(base, ['peft.rank=4,8,16', 'seed=1,2,3'], noRun)).toEqual(typed)
  })

  it('takes single values for all and several for the grid, in brackets and braces too', () => {
    const { attempts } = from('train.epochs=2', 'peft={type: lora, rank: 4},prefix', 'train.lr=1e-3,1e-4')
    expect(attempts.map(({ name }) => name)).toEqual([
      'peft=lora,rank=4,lr=0.001',
      'peft=lora,rank=4,lr=0.0001',
      'peft=prefix,lr=0.001',
      'peft=prefix,lr=0.0001',
    ])
    expect(attempts.every(({ config }) => config.train.epochs === 2)).toBe(true)
    expect(from('peft.targets=[c_attn, c_fc]').attempts[0]!.config.peft).toMatchObject({ targets: ['c_attn', 'c_fc'] })
  })

  it('tells every mistake with "command line" in place of a line', () => {
    expect(mistakesOf(() => from('rank=4,8', 'seed=1,x', 'train.lr=1e-3,fast', 'what'))).toEqual([
      'command line: "what" is no option; key=value is needed, such as train.epochs=2',
      'command line: "seeds[1]" is "x"; a whole number from 0 to 4294967295 is needed',
      'command line: unknown option "rank" (did you mean "peft.rank"?)',
      'command line: "train.lr" is "fast"; a number above 0 and at most 1 is needed',
    ])
  })
})
