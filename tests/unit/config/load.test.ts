import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fromRoot } from '../../../src/base/files.ts'
import { random, type Random } from '../../../src/base/random.ts'
import { UserError } from '../../../src/base/errors.ts'
import { describe as describeOptions } from '../../../src/config/describe.ts'
import { flatten } from '../../../src/config/hash.ts'
import { loadRunConfig } from '../../../src/config/load.ts'
import { optionRows, optionsAsText } from '../../../src/config/options-text.ts'
import type { RunConfig } from '../../../src/config/run-config.ts'
import { optionsOf, runSchema } from '../../../src/config/schema.ts'
import { toYaml } from '../../../src/config/yaml-source.ts'
import { loraYaml, mistakesOf, smallest, temporaryFiles } from './files.ts'

const write = temporaryFiles()
const mistakes = (text: string, ...overrides: string[]) => mistakesOf(() => loadRunConfig(write('a.yaml', text), overrides))
const load = (text: string, ...overrides: string[]) => loadRunConfig(write('a.yaml', text), overrides)

describe('a configuration file', () => {
  it('gets every value that it does not give from the schema', () => {
    const complete: RunConfig = {
      name: 'small',
      data: { root: 'data/shapes' },
      encoder: { weights: 'clip.safetensors', tokens: 'all', precision: 'fp32' },
      decoder: { weights: 'decoder.safetensors', vocabulary: 'gpt2', dialect: 'course' },
      cross_attention: { layers: 'all', width: 768, gate: false },
      peft: { type: 'lora', rank: 8, alpha: 16, targets: ['c_attn'], rank_stabilised: false },
      train: {
        epochs: 4,
        images: 16,
        captions: 4,
        lr: 0.001,
        warmup: 30,
        decay: 0.01,
        clip: 1,
        patience: 2,
        max_length: 40,
        label_smoothing: 0,
        start: '',
      },
      decode: { strategy: 'greedy', max_length: 30, batch: 32 },
      evaluate: { every: 1, subset: 200, best: 'subset/cider', clip: { weights: 'clip.safetensors', vocabulary: 'clip.txt.gz' } },
      engine: { name: 'auto', device: 'cpu', threads: 2, precision: 'fp32' },
      seed: 1,
    }
    expect(load(smallest).config).toStrictEqual(complete)
  })

  it.each(['peft=none', 'peft=lora', 'peft=adapter', 'peft=prefix', 'decode=beam', 'decode=sample'])(
    'of kind %s resolves to exactly the options that the schema lists for it',
    (kind) => {
      const values = flatten(load(smallest, kind).config)
      const listed = optionsOf(runSchema()).filter(
        ({ section, schema, variant, tag }) =>
          !section && schema.discriminator === undefined && (tag === undefined || values[tag] === variant),
      )
      expect(Object.keys(values).sort()).toEqual(listed.map(({ key }) => key).sort())
    },
  )

  it.each(readdirSync(fromRoot('configs/shapes')).filter((name) => name !== 'classify.yaml'))(
    'configs/shapes/%s is complete, has at most 60 lines and its command on top',
    (name) => {
      const path = fromRoot(`configs/shapes/${name}`)
      const { origins } = loadRunConfig(path)
      expect([...origins.values()].filter((origin) => origin === 'default')).toEqual([])
      const text = readFileSync(path, 'utf8')
      expect(text.split('\n').length).toBeLessThanOrEqual(61)
      expect(text).toContain(`#   ./captune train configs/shapes/${name}\n`)
    },
  )

  it('is read back unchanged from the YAML that the program writes', () => {
    const { config } = load(loraYaml, 'train.lr=0.00031', 'cross_attention.layers=[0, 2]')
    expect(load(toYaml(config)).config).toEqual(config)
  })

  it('says where each value came from', () => {
    const { origins } = load(smallest, 'train.epochs=2', 'peft.rank=4')
    expect(origins.get('decoder.vocabulary')).toMatch(/a\.yaml:4$/)
    expect(origins.get('train.epochs')).toBe('command line')
    expect(origins.get('train.lr')).toBe('default')
    expect(origins.get('peft.type')).toMatch(/a\.yaml:5$/)
    expect(origins.get('peft.targets')).toBe('default')
  })

  it('tells ten mistakes at once, in the order of the file', () => {
    const text = `name: ten mistakes
data: { rot: data/shapes }
encoder: { weights: clip.safetensors, tokens: patch }
decoder: { weights: 3, vocabulary: gpt2 }
cross_attention: { layers: [0, 0], width: 1.5, gate: maybe }
peft:
  type: prefix
  rank: 8
  lenght: 20
  length: twenty
  length: 20
train: { lr: 5, epoch: 3 }
rank: 4
evaluate:
`
    expect(mistakes(text)).toEqual([
      'a.yaml:1: "name" is "ten mistakes"; a name of at most 80 letters, digits and the signs . _ = , + - is needed',
      'a.yaml:2: "data.root" is missing; a path is needed',
      'a.yaml:2: unknown option "data.rot" (did you mean "data.root"?)',
      'a.yaml:3: "encoder.tokens" is "patch"; one of all, patches is needed (did you mean "patches"?)',
      'a.yaml:4: "decoder.weights" is "3"; a path is needed',
      'a.yaml:5: "cross_attention.layers" is [0, 0]; all, or a list of different layer numbers such as [0, 2, 4], is needed',
      'a.yaml:5: "cross_attention.width" is "1.5"; a whole number from 1 to 8192 is needed',
      'a.yaml:5: "cross_attention.gate" is "maybe"; true or false is needed',
      'a.yaml:8: "peft.rank" belongs to type lora; this config\'s type is prefix',
      'a.yaml:9: unknown option "peft.lenght" (did you mean "peft.length"?)',
      'a.yaml:10: "peft.length" is "twenty"; a whole number from 1 to 1000 is needed',
      'a.yaml:11: "peft.length" is given a second time; one value is needed',
      'a.yaml:12: unknown option "train.epoch" (did you mean "train.epochs"?)',
      'a.yaml:12: "train.lr" is "5"; a number above 0 and at most 1 is needed',
      'a.yaml:13: unknown option "rank" (did you mean "peft.rank"?)',
      'a.yaml:14: "evaluate" is empty; a mapping of options is needed',
    ])
  })
})

describe('mistakes in a value', () => {
  const one = (override: string) => mistakes(smallest, override)[0]

  it.each([
    ['peft.rank=eight', 'command line: "peft.rank" is "eight"; a whole number from 1 to 1024 is needed'],
    [
      'peft.type=lorra',
      'command line: "peft.type" is "lorra"; one of none, lora, adapter, prefix is needed (did you mean "lora"?)',
    ],
    ['peft={rank: 4}', 'command line: "peft.type" is missing; one of none, lora, adapter, prefix is needed'],
    ['peft=[1]', 'command line: "peft" is [1]; a mapping with a type, none, lora, adapter or prefix, is needed'],
    [
      'peft.targets=[c_atn]',
      'command line: "peft.targets[0]" is "c_atn"; one of c_attn, q, k, v, c_proj, attn.c_proj, mlp.c_proj, c_fc is needed (did you mean "c_attn"?)',
    ],
    [
      'peft.targets=[]',
      'command line: "peft.targets" is an empty list; a list of some of c_attn, q, k, v, c_proj, attn.c_proj, mlp.c_proj, c_fc is needed',
    ],
    ['peft.targets=[c_fc, c_fc]', 'command line: "peft.targets" has "c_fc" twice; each once is needed'],
    ['peft.targets=[q, c_attn]', 'command line: "peft.targets" has c_attn and its q; the whole or its parts are needed'],
    ['train.lr=', 'command line: "train.lr" is empty; a number above 0 and at most 1 is needed'],
    ['train.lr=.inf', 'command line: "train.lr" is "Infinity"; a number above 0 and at most 1 is needed'],
    ['train.patience=-1', 'command line: "train.patience" is "-1"; a whole number from 0 to 10000 is needed'],
    ['train=3', 'command line: "train" is "3"; a mapping of options is needed'],
    ['data.root=""', 'command line: "data.root" is ""; a path is needed'],
    ['decode=bean', 'command line: "decode.strategy" is "bean"; one of greedy, beam, sample is needed (did you mean "beam"?)'],
    [
      'decode=greedy:5',
      'command line: "decode.strategy" is "greedy:5"; one of greedy, beam, sample is needed (did you mean "greedy"?)',
    ],
    ['decode=beam:1', 'command line: "decode.beams" is "1"; a whole number from 2 to 64 is needed'],
    ['decode=beam:many', 'command line: "decode.beams" is "many"; a whole number from 2 to 64 is needed'],
    ['decode={beams: 5}', 'command line: "decode.beams" belongs to strategy beam; this config\'s strategy is greedy'],
    ['decode={strategy: beam, beam: 5}', 'command line: unknown option "decode.beam" (did you mean "decode.beams"?)'],
    ['decode={strategy: sample, seed: x}', 'command line: "decode.seed" is "x"; a whole number from 0 to 4294967295 is needed'],
    [
      'decode={strategy: beam, early_stopping: soon}',
      'command line: "decode.early_stopping" is "soon"; true, false or never is needed',
    ],
    [
      'decode={strategy: beam, min_length: 31}',
      'command line: "decode.min_length" is 31 and "decode.max_length" is 30; a least length of no more than the most is needed',
    ],
    [
      'engine.name=onx',
      'command line: "engine.name" is "onx"; one of auto, onnx, wasm, tensorflow is needed (did you mean "onnx"?)',
    ],
    [
      'engine={name: wasm, device: cuda}',
      'command line: "engine.device" is "cuda" and "engine.name" is "wasm"; cpu or auto is needed there',
    ],
    [
      'engine={name: wasm, precision: int8}',
      'command line: "engine.precision" is "int8" and "engine.name" is "wasm"; onnx is needed there',
    ],
    [
      'engine={device: cuda, precision: int8}',
      'command line: "engine.precision" is "int8" and "engine.device" is "cuda"; cpu is needed there',
    ],
  ])('%s', (override, sentence) => {
    expect(one(override)).toBe(sentence)
  })

  it('that make no sense together are shown where the user wrote one of them', () => {
    expect(mistakes(smallest, 'train.epochs=2', 'evaluate.every=3')[0]).toMatch(
      /^command line: "evaluate.every" is 3 and "train.epochs" is 2;/,
    )
    expect(mistakes(`${smallest}train: { epochs: 1 }\n`.replace('evaluate: {', 'evaluate: { every: 2,'))[0]).toMatch(
      /^a.yaml:6: /,
    )
  })
})

describe('overrides', () => {
  it('set one value, merge a section, and replace peft whole', () => {
    const { config } = load(loraYaml, 'peft.rank=16', 'train={lr: 3e-4, epochs: 9}')
    expect(config.peft).toMatchObject({ type: 'lora', rank: 16, alpha: 16 })
    expect(config.train).toMatchObject({ lr: 3e-4, epochs: 9, warmup: 30 })
    expect(load(loraYaml, 'peft={type: lora, rank: 4}').config.peft).toEqual({
      type: 'lora',
      rank: 4,
      alpha: 16,
      targets: ['c_attn'],
      rank_stabilised: false,
    })
  })

  it('name a kind alone: decode=greedy, peft=prefix', () => {
    const { config } = load(loraYaml, 'decode=greedy', 'peft=prefix', 'peft.length=5')
    expect(config.decode).toEqual({ strategy: 'greedy', max_length: 24, batch: 32 })
    expect(config.peft).toEqual({ type: 'prefix', length: 5, reparametrise: 0 })
  })

  it('name a strategy with its number, and keep what every strategy has: decode=beam:5', () => {
    const beam = { strategy: 'beam', beams: 5, length_penalty: 1, early_stopping: false, no_repeat_ngram: 0, min_length: 0 }
    const { config, origins } = load(loraYaml, 'decode=beam:5')
    expect(config.decode).toEqual({ ...beam, max_length: 24, batch: 32 })
    expect(origins.get('decode.beams')).toBe('command line')
    expect(origins.get('decode.max_length')).toMatch(/a\.yaml:\d+$/)
    expect(load(loraYaml, 'decode=beam:5', 'decode={length_penalty: 0.5}', 'decode.max_length=9').config.decode).toEqual({
      ...beam,
      length_penalty: 0.5,
      max_length: 9,
      batch: 32,
    })
    expect(load(loraYaml, 'decode={strategy: beam, length_penalty: 2}', 'decode=sample').config.decode).toEqual({
      strategy: 'sample',
      max_length: 24,
      batch: 32,
      temperature: 1,
      top_k: 50,
      top_p: 1,
      seed: 1,
    })
  })

  it('read paths from the working directory, and the file from the checkout', () => {
    expect(load(smallest, 'data.root=./data/../data/x').config.data.root).toBe('data/x')
    expect(load(smallest, 'data.root=.').config.data.root).toBe('.')
    expect(load(smallest, 'decoder={vocabulary: /elsewhere/gpt2}').config.decoder).toMatchObject({
      vocabulary: '/elsewhere/gpt2',
      weights: 'decoder.safetensors',
    })
  })

  it('need the whole key, and say which', () => {
    expect(mistakes(smallest, 'rank=4')).toEqual(['command line: unknown option "rank" (did you mean "peft.rank"?)'])
    expect(mistakes(smallest, 'max_length=4')).toEqual([
      'command line: unknown option "max_length" (did you mean "train.max_length" or "decode.max_length"?)',
    ])
    expect(mistakes(smallest, 'train.learning-rate=4')).toEqual(['command line: unknown option "train.learning-rate"'])
    expect(mistakes(smallest, 'name.x=4')).toEqual(['command line: unknown option "name.x"'])
  })

  it('that are none, or no YAML, say so beside every other mistake', () => {
    expect(mistakes(smallest, 'fast', 'peft.rank=0', 'peft={type: lora', 'train={lr: 1e-3, lr: 1e-4}')).toEqual([
      'command line: "fast" is no option; key=value is needed, such as train.epochs=2',
      expect.stringMatching(/^command line: (this is not YAML|a bracket)/),
      'command line: "lr" is given a second time; one value is needed',
      'command line: "peft.rank" is "0"; a whole number from 1 to 1024 is needed',
    ])
  })
})

describe('a file that is no configuration', () => {
  it.each([
    ['an empty file', '', /^a\.yaml: the config is empty; a mapping of options is needed$/],
    ['only comments', '# nothing\n', /^a\.yaml: the config is empty/],
    ['a list', '- a\n', /^a\.yaml:1: the config is \[a\]; a mapping of options is needed$/],
    ['a sentence', 'hello there', /^a\.yaml:1: the config is "hello there"; a mapping/],
    ['a tab', 'name: a\ntrain:\n\tlr: 1\n', /^a\.yaml:3: a tab stands in the indentation; spaces are needed$/],
    [
      'an open bracket',
      'name: a\ntargets: [a\n',
      /^a\.yaml:3: a bracket or brace opened above is not closed; its other half is needed$/,
    ],
    ['bad indentation', 'train:\n  lr: 1\n epochs: 3\n', /^a\.yaml:3: /],
    ['two documents', 'name: a\n---\nname: b\n', /^a\.yaml:2: a second document begins; one document is needed$/],
    ['an alias', 'name: &n a\ndata: {root: *n}\n', /^a\.yaml:1: the anchor "&n" stands here/],
    ['an alias of nothing', 'data: {root: *n}\n', /^a\.yaml:1: /],
    ['a merge key', 'a: &a {x: 1}\nb: {<<: *a}\n', /^a\.yaml:1: /],
    ['a tag', 'name: !!binary aGVsbG8=\n', /^a\.yaml:1: the tag "[^"]+" stands here/],
    ['a key that is a list', '? [a, b]\n: 1\n', /^a\.yaml:1: a key is missing or is no word/],
    ['a thousand brackets', `name: ${'['.repeat(1000)}${']'.repeat(1000)}`, /^a\.yaml:1: the text nests too deeply/],
    ['a hundred thousand brackets', `name: ${'['.repeat(100_000)}`, /^a\.yaml:1: /],
    [
      'two million letters',
      `name: ${'a'.repeat(2_000_000)}`,
      /^a\.yaml:1: the text has 2000006 characters; at most 1000000 are read$/,
    ],
    ['bytes', '\u0000\u0001\uFFFD: \u0007', /^a\.yaml/],
  ])('%s', (_name, text, sentence) => {
    expect(mistakes(text)[0]).toMatch(sentence)
  })

  it('a bomb of aliases is refused without being unfolded', () => {
    const bomb = ['a0: &a0 x', ...Array.from({ length: 60 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}]`)].join(
      '\n',
    )
    expect(mistakes(bomb)[0]).toMatch(/^a\.yaml:1: the anchor/)
  })

  it('a missing file or a folder is named', () => {
    expect(mistakesOf(() => loadRunConfig('nowhere/x.yaml'))).toEqual(['nowhere/x.yaml: the config is missing.'])
    expect(mistakesOf(() => loadRunConfig('configs'))).toEqual(['configs: the config is a folder; a file is needed.'])
  })

  it('keys of the language itself are unknown options like any other', () => {
    expect(mistakes(`${smallest}__proto__: {rank: 1}\nconstructor: 1\n`)).toEqual([
      'a.yaml:7: unknown option "__proto__"',
      'a.yaml:8: unknown option "constructor"',
    ])
    expect(mistakes(smallest, '__proto__.x=1', 'peft.type=toString')).toHaveLength(2)
  })

  it('500 random changes of a file never end in anything but a UserError or a configuration', () => {
    const dice = random(7, 'mutated configs')
    let refused = 0
    for (let i = 0; i < 500; i++) {
      const path = write('m.yaml', mutated(loraYaml, dice))
      try {
        loadRunConfig(path)
      } catch (error) {
        if (!(error instanceof UserError)) throw error
        const own = error.message.replaceAll(/this is not YAML \(.*\)/g, '') // what stands there are the words of the YAML library
        expect(own).not.toMatch(/undefined|\[object|must (be|NOT|match|have)|schema/)
        refused++
      }
    }
    expect(refused).toBeGreaterThan(250)
  })
})

describe('the list of options', () => {
  it('describes each value of a configuration by the schema', () => {
    const rows = describeOptions(load(loraYaml, 'peft.targets=[c_attn, c_fc]'))
    expect(rows.find(({ key }) => key === 'peft.targets')).toMatchObject({ value: '[c_attn, c_fc]', origin: 'command line' })
    expect(rows.filter(({ description }) => description.length < 10)).toEqual([])
  })

  it('has a description and values for every option', () => {
    expect(optionRows().filter(({ description, values }) => description.length < 10 || values === '')).toEqual([])
    expect(optionRows().find(({ key }) => key === 'peft.type')?.values).toBe('none, lora, adapter, prefix')
    expect(optionsAsText()).toContain('data.root  (path; required)\n')
  })
})

function mutated(text: string, dice: Random): string {
  const pieces = [
    '\t',
    '[',
    ']',
    '{',
    '}',
    '&a',
    '*a',
    '!!x',
    ':',
    '-',
    '"',
    "'",
    '\n',
    '%',
    '|',
    '>',
    '<<: ',
    '? ',
    '\u0000',
    '# ',
    '1e999',
    'null',
    '~',
    '---\n',
    '__proto__: ',
  ]
  let result = text
  for (let n = 1 + dice.below(4); n > 0; n--) {
    const at = dice.below(result.length)
    const length = dice.below(dice.uniform() < 0.2 ? 200 : 6)
    const piece = dice.uniform() < 0.3 ? result.slice(dice.below(result.length)).slice(0, 40) : dice.pick(pieces)
    result = result.slice(0, at) + piece + result.slice(at + length)
  }
  return result
}
