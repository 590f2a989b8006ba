// Greedy captions first, better ones while time remains: what the grading script does.
import { describe, expect, it } from 'vitest'
import { initialise } from '../../../src/nn/initialise.ts'
import { openCaptioning } from '../../../src/recipes/caption.ts'
import { encodeImages } from '../../../src/recipes/encode.ts'
import { readSplit } from '../../../src/recipes/split.ts'
import { decodingText } from '../../../src/recipes/strategy.ts'
import { openTask } from '../../../src/recipes/task.ts'
import { withEngine } from '../../../src/recipes/with-engine.ts'
import { configOf, oneThread, place, quiet, worldIn } from './small-world.ts'

const world = worldIn(place(), { train: 2, val: 11, perClass: 1 })

describe('two ways of captioning the same images', () => {
  it('share a task and what was trained, and the second may be stopped at any caption', async () => {
    const task = openTask(configOf('prefix', `data.root=${world}`, 'decode.max_length=7', 'decode.batch=4'))
    const { images } = readSplit(world, 'val')
    const stems = images.map(({ stem }) => stem)
    await withEngine(oneThread, async (engine) => {
      const { weights, tokens: kind } = task.config.encoder
      const features = await encodeImages(engine, { weights, kind, images, what: 'val' }, quiet)
      const trained = engine.hold(initialise(task.parameters, 1))
      const fast = await openCaptioning(engine, task, trained, features)
      const beam = { ...task, config: configOf('prefix', 'decode=beam:3', 'decode.max_length=7', 'decode.batch=2') }
      const careful = await openCaptioning(engine, beam, trained, features)

      const greedy = await fast.caption(features, stems)
      expect(Object.keys(greedy)).toEqual(stems)
      const better = await careful.caption(features, stems)
      expect(Object.keys(better)).toEqual(stems)

      const refined: Record<string, string> = { ...greedy }
      for await (const { stem, caption } of careful.captions(features, stems)) {
        refined[stem] = caption
        if (Object.keys(refined).filter((each) => refined[each] !== greedy[each]).length === 2) break
      }
      for (const stem of stems) expect([greedy[stem], better[stem]]).toContain(refined[stem])
      expect(await fast.caption(features, stems.slice(3, 5))).toEqual(Object.fromEntries(stems.slice(3, 5).map((stem) => [stem, greedy[stem]]))) // prettier-ignore
      expect(await careful.caption(features, stems)).toEqual(better) // after a stop in the middle
      expect(await fast.caption(features, [])).toEqual({})
    })
  })
})

describe('decoding in words', () => {
  it('names all that decides what is said, and not how many are said at once', () => {
    const text = (...changes: string[]) => decodingText(configOf('lora', ...changes).decode)
    expect(text()).toBe('greedy, at most 24 tokens')
    expect(text('decode.batch=3')).toBe(text())
    expect(text('decode=beam:5')).toBe(
      'beam, beams 5, length_penalty 1, early_stopping false, no_repeat_ngram 0, min_length 0, at most 24 tokens',
    )
    expect(text('decode={strategy: sample, top_p: 0.9}')).toBe(
      'sample, temperature 1, top_k 50, top_p 0.9, seed 1, at most 24 tokens',
    )
  })
})
