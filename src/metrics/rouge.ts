// ROUGE-L (Lin and Hovey 2004) as the COCO toolkit computes it: the best precision and the best recall over the references, which may
// come from different ones, joined with beta = 1.2.
import { pairs, scoresOf, type Hypotheses, type References, type Scores, type Tokens } from './caption-sets.ts'

const betaSquared = 1.2 ** 2

/** ROUGE-L of the corpus (mean over images) and of each image, between 0 and 1. */
export function rougeL(hypotheses: Hypotheses, references: References): Scores {
  const captions = pairs(hypotheses, references)
  const score = scorer()
  return scoresOf(
    captions.map(({ image }) => image),
    captions.map((pair) => score(pair.hypothesis, pair.references)),
  )
}

function scorer() {
  const words = new Map<string, number>()
  const numbered = (tokens: Tokens) => (tokens.length === 0 ? [''] : tokens).map(numberOf) // the toolkit splits '' into one empty word
  function numberOf(word: string): number {
    const known = words.get(word)
    if (known !== undefined) return known
    words.set(word, words.size)
    return words.size - 1
  }
  return (hypothesis: Tokens, references: readonly Tokens[]): number => {
    const ours = numbered(hypothesis)
    let precision = 0
    let recall = 0
    for (const reference of references) {
      const theirs = numbered(reference)
      const common = longestCommonSubsequence(ours, theirs)
      precision = Math.max(precision, common / ours.length)
      recall = Math.max(recall, common / theirs.length)
    }
    if (precision === 0 || recall === 0) return 0
    return ((1 + betaSquared) * precision * recall) / (recall + betaSquared * precision)
  }
}

/** Length of the longest sequence of words that both hold in the same order, gaps allowed. */
function longestCommonSubsequence(a: readonly number[], b: readonly number[]): number {
  const row = new Int32Array(b.length + 1)
  for (const word of a) {
    let diagonal = 0
    for (let j = 1; j <= b.length; j++) {
      const above = row[j]!
      row[j] = word === b[j - 1] ? diagonal + 1 : Math.max(above, row[j - 1]!)
      diagonal = above
    }
  }
  return row[b.length]!
}
