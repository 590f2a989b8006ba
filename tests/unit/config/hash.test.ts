import { describe, expect, it } from 'vitest'
import { canonicalJson, configHash, differing, flatten } from '../../../src/config/hash.ts'
import { loadRunConfig } from '../../../src/config/load.ts'
import { loraYaml, temporaryFiles } from './files.ts'

const write = temporaryFiles()
const load = (...overrides: string[]) => loadRunConfig(write('a.yaml', loraYaml), overrides).config
const contents = { data: 'd0', weights: { 'encoder.weights': 'e0', 'decoder.weights': 'f0' } }
const hash = (...overrides: string[]) => configHash(load(...overrides), contents)

describe('the hash of a run', () => {
  it('is 64 hexadecimal digits and the same for the same run', () => {
    expect(hash()).toMatch(/^[0-9a-f]{64}$/)
    expect(hash()).toBe(hash())
  })

  it.each([
    'name=other',
    'data.root=elsewhere',
    'encoder.weights=a',
    'decoder.vocabulary=b',
    'evaluate.clip.weights=c',
    'engine={name: wasm, threads: 8}',
  ])('is the same with %s', (override) => {
    expect(hash(override)).toBe(hash())
  })

  it.each([
    'seed=2',
    'peft.rank=9',
    'peft.targets=[c_fc]',
    'train.lr=3e-3',
    'decode.max_length=9',
    'evaluate.subset=9',
    'cross_attention.gate=true',
    'peft=none',
    'engine.precision=int8',
    'encoder.precision=int8',
  ])('is another with %s', (override) => {
    expect(hash(override)).not.toBe(hash())
  })

  it('depends on what the data and the weights hold', () => {
    expect(configHash(load(), { ...contents, data: 'd1' })).not.toBe(hash())
    expect(configHash(load(), { ...contents, weights: { ...contents.weights, 'encoder.weights': 'e1' } })).not.toBe(hash())
  })

  it('does not depend on the order of keys', () => {
    const { train, ...rest } = load()
    const turned = { ...rest, train: Object.fromEntries(Object.entries(train).reverse()) as unknown as typeof train }
    const weights = { 'decoder.weights': 'f0', 'encoder.weights': 'e0' }
    expect(configHash(turned, { weights, data: 'd0' })).toBe(hash())
  })
})

describe('a flat configuration', () => {
  it('has one dotted key for each value; a list is one value', () => {
    const flat = flatten(load('cross_attention.layers=[0, 1]'))
    expect(flat).toMatchObject({
      'peft.rank': 8,
      'peft.targets': ['c_attn'],
      'evaluate.clip.weights': 'weights/shapes/clip.safetensors',
      'cross_attention.layers': [0, 1],
    })
  })

  it('shows in which keys configurations differ, in the order of the schema', () => {
    expect(differing([load(), load()])).toEqual([])
    expect(differing([load(), load('seed=2', 'peft.rank=4'), load('train.lr=1e-4')])).toEqual(['peft.rank', 'train.lr', 'seed'])
    expect(differing([load(), load('peft=none')])).toEqual([
      'peft.type',
      'peft.rank',
      'peft.alpha',
      'peft.targets',
      'peft.rank_stabilised',
    ])
  })

  it('canonical JSON sorts keys at every depth', () => {
    expect(canonicalJson({ b: [{ d: 1, c: 'x"' }], a: null })).toBe('{"a":null,"b":[{"c":"x\\"","d":1}]}')
  })
})
