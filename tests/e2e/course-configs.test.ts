// The configs of the course's data where its files are absent: what they would train, and what has to come from where.
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fromRoot } from '../../src/base/files.ts'
import { loadRunConfig } from '../../src/config/load.ts'
import { loadStudy } from '../../src/config/study.ts'
import { trainedBySize } from '../../src/recipes/published-sizes.ts'
import { captuneHere } from './captune-here.ts'
import { temporaryPlace } from './captune.ts'

const runs = temporaryPlace()
const courses = ['none', 'lora', 'adapter', 'prefix'].flatMap((name) => [`configs/${name}.yaml`, `configs/b32/${name}.yaml`])
const absent = ['hw3_data', 'weights/clip', 'weights/vocabulary'].every((path) => !existsSync(fromRoot(path)))

describe('a config of the course', () => {
  it.each(courses)('%s trains what its comment says, and no more than is allowed', (path) => {
    const text = readFileSync(fromRoot(path), 'utf8')
    const [, promised] = /; ([\d ]+) parameters are trained\./.exec(text)!
    const { trained, limit } = trainedBySize(loadRunConfig(fromRoot(path)).config)!
    expect(trained).toBe(Number(promised!.replaceAll(' ', '')))
    expect(trained).toBeLessThanOrEqual(limit)
    expect(text.split('\n').length).toBeLessThanOrEqual(61)
    expect(text).toContain(`./captune train ${path}`)
  })

  it('differs from its neighbours in its name and its method alone', () => {
    const rest = courses.map((path) => {
      const { name, peft, encoder, ...same } = loadRunConfig(fromRoot(path)).config
      expect([name, peft.type, encoder.weights].every((text) => text.length > 0)).toBe(true)
      return same
    })
    for (const each of rest) expect(each).toEqual(rest[0])
  })

  it('has the same method as the attempt of that name in the study', () => {
    const study = loadStudy(fromRoot('experiments/hw3/study.yaml'), [], (run) => {
      throw new Error(run)
    })
    if (study.kind !== 'train') throw new Error(study.kind)
    const attempts = study.attempts.map(({ name, config }) => [name, config.peft])
    const methods = ['none', 'lora', 'adapter', 'prefix'].map((name) => [
      name,
      loadRunConfig(fromRoot(`configs/${name}.yaml`)).config.peft,
    ])
    expect(attempts).toEqual(methods)
  })
})

const data =
  /^hw3_data\/p2_data: the folder of captions and images is missing; it is given out by the course, `captune get course` says how to get it\.$/m
const encoder =
  /^weights\/clip\/ViT-L-14\.pt: the encoder's weights are missing; `captune get clip ViT-L\/14` brings ViT-L-14\.pt \(933 MB\)\.$/m
const judge =
  /^weights\/clip\/ViT-B-32\.pt: the judge's weights are missing; `captune get clip ViT-B\/32` brings ViT-B-32\.pt \(354 MB\)\.$/m
const decoder = /^hw3_data\/p2_data\/decoder_model\.bin: the decoder's weights are missing; it is given out by the course, /m
const tokens =
  /^weights\/vocabulary\/encoder\.json: the decoder's tokens are missing; `captune get vocabulary` brings encoder\.json /m
const words =
  /^weights\/vocabulary\/bpe_simple_vocab_16e6\.txt\.gz: the judge's vocabulary is missing; `captune get vocabulary` brings /m

describe.skipIf(!absent)('without its files (skipped where they are here)', () => {
  it.each([
    ['train', 'configs/lora.yaml', 7],
    ['study', 'experiments/hw3/study.yaml', 7],
    ['explain', 'configs/lora.yaml', 7],
    ['encode', 'configs/lora.yaml', 3],
  ])('`captune %s` tells all of them at once, each with the command that brings it', async (command, path, lines) => {
    const { code, stdout, stderr } = await captuneHere([command, path], { runs })
    expect(code).toBe(2)
    expect(stderr.trim().split('\n')).toHaveLength(lines)
    for (const sentence of [data, encoder, judge]) expect(stderr).toMatch(sentence)
    if (command !== 'encode') for (const sentence of [decoder, tokens, words]) expect(stderr).toMatch(sentence)
    if (command === 'explain') expect(stdout).toMatch(/\ntrained +33 872 640 +96\.8 % of the limit of 35 000 000\n/)
  })
})

describe('configs/smoke.yaml', () => {
  it('makes its small world, trains and is scored', async () => {
    const { code, stdout, stderr } = await captuneHere(['train', 'configs/smoke.yaml'], { runs })
    expect(stderr).toMatch(/epoch 1\/1: 10\/10 steps/)
    expect(stdout).toMatch(/\nsmoke +lora rank 8, .* finished\n$/)
    expect(code).toBe(0)
  })
})
