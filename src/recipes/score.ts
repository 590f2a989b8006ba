// Scores of written predictions, each metric as the course's evaluator computes it.
import { cider } from '../metrics/cider.ts'
import { bleu } from '../metrics/bleu.ts'
import { rougeL } from '../metrics/rouge.ts'
import type { Scores } from '../metrics/caption-sets.ts'
import { ptbTokenize } from '../metrics/ptb-tokenizer.ts'
import type { Judge } from './judge.ts'

export interface CaptionScores {
  readonly cider: Scores
  readonly clipscore: Scores
  readonly bleu4: number
  readonly rougeL: number
}

/** Scores captions by stem against the human captions of the same images. */
export async function scoreCaptions(
  captions: Readonly<Record<string, string>>,
  references: Readonly<Record<string, readonly string[]>>,
  judge: Judge,
): Promise<CaptionScores> {
  const stems = Object.keys(references).sort()
  const hypothesisTokens = ptbTokenize(stems.map((stem) => captions[stem]!))
  const hypotheses = Object.fromEntries(stems.map((stem, i) => [stem, hypothesisTokens[i]!]))
  const tokenised = tokenisedReferences(references, stems)
  return {
    cider: cider(hypotheses, tokenised),
    bleu4: bleu(hypotheses, tokenised)[3]!.score,
    rougeL: rougeL(hypotheses, tokenised).score,
    clipscore: withMean(await judge.scores(captions)),
  }
}

// The tokenizer reads all captions as one text, because it looks across line ends: references in one run, predictions in another.
function tokenisedReferences(references: Readonly<Record<string, readonly string[]>>, stems: readonly string[]): Record<string, string[][]> {
  const tokens = ptbTokenize(stems.flatMap((stem) => references[stem]!))
  let next = 0
  return Object.fromEntries(stems.map((stem) => [stem, tokens.slice(next, (next += references[stem]!.length))]))
}

function withMean(perImage: Record<string, number>): Scores {
  const values = Object.values(perImage)
  return { score: values.reduce((sum, value) => sum + value, 0) / values.length, perImage }
}
