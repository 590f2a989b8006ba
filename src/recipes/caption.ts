// From image features to captions in the grader's format: `{stem: caption}`.
import type { Report } from '../base/progress.ts'
import type { Engine } from '../engine/engine.ts'
import { openDecoding, type Trained } from './decoding.ts'
import type { FeatureRows } from './encode.ts'
import { strategyOf } from './strategy.ts'
import type { Task } from './task.ts'

export interface Captioned {
  readonly stem: string
  readonly caption: string
  /** The caption's tokens without start and end. */
  readonly ids: readonly number[]
}

export interface Captioning {
  /** A caption for each stem, in their order. */
  caption(features: FeatureRows, stems: readonly string[], report?: Report): Promise<Record<string, string>>
  /** The same, each as soon as it is found: whoever has no time left stops. */
  captions(features: FeatureRows, stems: readonly string[]): AsyncGenerator<Captioned, void, void>
  dispose(): Promise<void>
}

/**
 * Compiles a task's decoding. Other captions of the same images, greedy ones first and better ones while time remains, take a second
 * captioning with another `config.decode` of the same task: weights are read once.
 */
export async function openCaptioning(engine: Engine, task: Task, trained: Trained, features: FeatureRows): Promise<Captioning> {
  const { tokenizer, plan, config } = task
  const { batch, max_length: maxLength } = config.decode
  const ends = { start: tokenizer.start, end: tokenizer.end, maxLength }
  const decoding = await openDecoding(engine, task.decoder.weights, trained, {
    plan,
    strategy: strategyOf(config.decode, ends, plan.decoder.vocabulary),
    ends,
    images: batch,
    tokens: features.rowShape[0]!,
    forbidden: tokenizer.undecodable,
  })

  async function* captions(from: FeatureRows, stems: readonly string[]): AsyncGenerator<Captioned, void, void> {
    const featuresOf = (images: readonly number[]) => from.rows(images.map((image) => stems[image]!))
    for await (const { image, ids } of decoding.captions(stems, featuresOf))
      yield { stem: stems[image]!, caption: tokenizer.decode(ids).trim(), ids }
  }

  return {
    captions,
    async caption(from, stems, report) {
      const found = new Map<string, string>()
      for await (const { stem, caption } of captions(from, stems)) {
        found.set(stem, caption)
        report?.({ phase: 'captions', done: found.size, total: stems.length, unit: 'captions' })
      }
      return Object.fromEntries(stems.map((stem) => [stem, found.get(stem)!]))
    },
    dispose: () => decoding.dispose(),
  }
}
