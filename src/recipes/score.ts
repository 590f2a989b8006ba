// Scores of written predictions, each metric as the course's evaluator and the COCO toolkit compute it.
import { bleuOf, type BleuScores } from '../metrics/bleu.ts'
import type { Scores } from '../metrics/caption-sets.ts'
import { ciderOf, type CiderOptions } from '../metrics/cider.ts'
import { countCaptions } from '../metrics/ngrams.ts'
import { ptbTokenize } from '../metrics/ptb-tokenizer.ts'
import { rougeL } from '../metrics/rouge.ts'
import type { Judge, JudgedCaptions } from './judge.ts'
import type { HumanCaptions, Predictions } from './predictions.ts'

/** Scores that need no image. */
export interface TextScores {
  readonly cider: Scores
  readonly bleu: BleuScores
  readonly rougeL: Scores
}

export interface CaptionScores extends TextScores, JudgedCaptions {}

/** Scores captions against the human captions of the same images, and by the judge against the images. */
export async function scoreCaptions(
  predictions: Pick<Predictions, 'captions' | 'order'>,
  references: HumanCaptions,
  judge: Judge,
  options?: CiderOptions,
): Promise<CaptionScores> {
  const judged = await judge.judge(predictions.captions, references)
  return { ...scoreTexts(predictions, references, options), ...judged }
}

/**
 * CIDEr, BLEU and ROUGE-L of captions against the human captions of the same images. Both are tokenised in the predictions' order, as
 * the course's evaluator hands them to the toolkit: a caption's last token can depend on the caption that follows.
 */
export function scoreTexts(
  { captions, order }: Pick<Predictions, 'captions' | 'order'>,
  references: HumanCaptions,
  options?: CiderOptions,
): TextScores {
  const tokens = ptbTokenize(order.map((stem) => captions[stem]!))
  const hypotheses = Object.fromEntries(order.map((stem, i) => [stem, tokens[i]!]))
  const human = referenceTokens(references, order)
  const counted = countCaptions(hypotheses, human)
  return { cider: ciderOf(counted, options), bleu: bleuOf(counted), rougeL: rougeL(hypotheses, human) }
}

/** The words of human captions. The tokenizer looks across line ends, so references are one text and predictions another, as in the toolkit. */
export function referenceTokens(references: HumanCaptions, stems: readonly string[]): Record<string, string[][]> {
  const tokens = ptbTokenize(stems.flatMap((stem) => references[stem]!))
  let next = 0
  return Object.fromEntries(stems.map((stem) => [stem, tokens.slice(next, (next += references[stem]!.length))]))
}
