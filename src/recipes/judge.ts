// CLIPScore's judge: a CLIP that compares captions with images, whose embeddings come from the feature cache.
import type { Report } from '../base/progress.ts'
import type { RunConfig } from '../config/run-config.ts'
import type { Engine } from '../engine/engine.ts'
import { mean, type Scores } from '../metrics/caption-sets.ts'
import { clipScore, paperPrompt, refClipScore, type ScorePrecision } from '../metrics/clip-score.ts'
import type { Features } from './encode.ts'
import type { HumanCaptions } from './predictions.ts'
import { openTextEncoder } from './text-encoder.ts'

export type { ScorePrecision }

/** `course`: the caption as it is; `paper`: "A photo depicts" before it and before each reference. */
export type ClipVariant = 'course' | 'paper'

export interface JudgeOptions {
  readonly variant?: ClipVariant
  /** `fp16` rounds embeddings and cosine as an evaluator on a GPU; the towers themselves compute in fp32. */
  readonly precision?: ScorePrecision
  readonly report?: Report
}

export interface JudgedCaptions {
  readonly clipscore: Scores
  /** With the paper's variant alone. */
  readonly refClipscore?: Scores
  /** Stems whose caption is longer than CLIP's context: cut here, as in the paper's program; the course's evaluator stops at them. */
  readonly tooLong: readonly string[]
}

export interface Judge {
  /** Scores each caption with the image of its stem, and in the paper's variant with the image's references. */
  judge(captions: Readonly<Record<string, string>>, references: HumanCaptions): Promise<JudgedCaptions>
  dispose(): Promise<void>
}

/** A judge over images whose embeddings are `images`, rows named by stem. */
export async function openJudge(
  engine: Engine,
  clip: RunConfig['evaluate']['clip'],
  images: Features,
  { variant = 'course', precision = 'fp32', report }: JudgeOptions = {},
): Promise<Judge> {
  const encoder = await openTextEncoder(engine, clip)
  const prompted = (text: string) => (variant === 'paper' ? paperPrompt + text : text)

  async function judge(captions: Readonly<Record<string, string>>, references: HumanCaptions): Promise<JudgedCaptions> {
    const stems = Object.keys(captions)
    const texts = stems.map((stem) => prompted(captions[stem]!))
    const human = variant === 'paper' ? stems.map((stem) => references[stem]!.map(prompted)) : []
    const embeddings = await encoder.embed([...texts, ...human.flat()], report)
    const scores = stems.map((stem, i) => clipScore(images.rows([stem]), embeddings[i]!, precision))
    const tooLong = stems.filter((_, i) => !encoder.fits(texts[i]!))
    const clipscore = byStem(stems, scores)
    if (variant === 'course') return { clipscore, tooLong }
    let next = texts.length
    const withReferences = scores.map((score, i) => {
      const its = embeddings.slice(next, (next += human[i]!.length))
      return refClipScore(score, embeddings[i]!, its, precision)
    })
    return { clipscore, refClipscore: byStem(stems, withReferences), tooLong }
  }

  return { judge, dispose: () => encoder.dispose() }
}

function byStem(stems: readonly string[], scores: readonly number[]): Scores {
  return { score: mean(scores), perImage: Object.fromEntries(stems.map((stem, i) => [stem, scores[i]!])) }
}
