// CLIPScore's judge: a CLIP that compares captions with images, whose embeddings come from the feature cache.
import type { RunConfig } from '../config/run-config.ts'
import type { Engine } from '../engine/engine.ts'
import { clipScore } from '../metrics/clip-score.ts'
import type { Features } from './encode.ts'
import { openTextEncoder } from './text-encoder.ts'

export interface Judge {
  /** CLIPScore in the course's variant (no prompt) of each caption with the image of its stem. */
  scores(captions: Readonly<Record<string, string>>): Promise<Record<string, number>>
  dispose(): Promise<void>
}

/** A judge over images whose embeddings are `images`, rows named by stem. */
export async function openJudge(engine: Engine, clip: RunConfig['evaluate']['clip'], images: Features): Promise<Judge> {
  const encoder = await openTextEncoder(engine, clip)
  return {
    async scores(captions) {
      const stems = Object.keys(captions)
      const texts = await encoder.embed(stems.map((stem) => captions[stem]!))
      return Object.fromEntries(stems.map((stem, i) => [stem, clipScore(images.rows([stem]), texts[i]!)]))
    },
    dispose: () => encoder.dispose(),
  }
}
