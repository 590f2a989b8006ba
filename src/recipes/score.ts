// Scores of written predictions, each metric as the course's evaluator computes it.
import { cider } from '../metrics/cider.ts'
import { bleu } from '../metrics/bleu.ts'
import { rougeL } from '../metrics/rouge.ts'
import { mean, type Scores } from '../metrics/caption-sets.ts'
import { ptbTokenize } from '../metrics/ptb-tokenizer.ts'
import type { Judge } from './judge.ts'

/** Scores that need no image. */
export interface TextScores {
  readonly cider: Scores
  readonly bleu4: number
  readonly rougeL: number
}

export interface CaptionScores extends TextScores {
  readonly clipscore: Scores
}

export type HumanCaptions = Readonly<Record<string, readonly string[]>>

/** Scores captions by stem against the human captions of the same images, and by the judge against the images. */
export async function scoreCaptions(
  captions: Readonly<Record<string, string>>,
  references: HumanCaptions,
  judge: Judge,
): Promise<CaptionScores> {
  const perImage = await judge.scores(captions)
  return { ...scoreTexts(captions, references), clipscore: { score: mean(Object.values(perImage)), perImage } }
}

/** CIDEr, BLEU-4 and ROUGE-L of captions by stem against the human captions of the same images. */
export function scoreTexts(captions: Readonly<Record<string, string>>, references: HumanCaptions): TextScores {
  const stems = Object.keys(references).sort()
  const tokens = ptbTokenize(stems.map((stem) => captions[stem]!))
  const hypotheses = Object.fromEntries(stems.map((stem, i) => [stem, tokens[i]!]))
  const tokenised = referenceTokens(references, stems)
  return {
    cider: cider(hypotheses, tokenised),
    bleu4: bleu(hypotheses, tokenised).score[3]!,
    rougeL: rougeL(hypotheses, tokenised).score,
  }
}

/** The words of human captions. The tokenizer looks across line ends, so references are one text and predictions another, as in the toolkit. */
export function referenceTokens(references: HumanCaptions, stems: readonly string[]): Record<string, string[][]> {
  const tokens = ptbTokenize(stems.flatMap((stem) => references[stem]!))
  let next = 0
  return Object.fromEntries(stems.map((stem) => [stem, tokens.slice(next, (next += references[stem]!.length))]))
}
