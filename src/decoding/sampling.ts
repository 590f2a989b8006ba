// Drawing tokens by chance: temperature, then the k likeliest, then the nucleus (Holtzman et al. 2020), in the order of transformers.
import { random } from '../base/random.ts'
import { oneText } from './one-text.ts'
import type { Candidates, Ends, Strategy } from './search.ts'

export interface SamplingOptions {
  /** Above 1 bolder, below 1 closer to greedy. */
  readonly temperature: number
  /** Only so many of the likeliest tokens can be drawn; 0 = all. */
  readonly topK: number
  /** Only the likeliest tokens that together have this probability can be drawn; 1 = all. */
  readonly topP: number
  readonly seed: number
}

/** Draws each token; the same seed and image give the same caption, whatever is decoded beside it. `vocabulary` is its size. */
export function sampling(ends: Ends, options: SamplingOptions, vocabulary: number): Strategy {
  return {
    beams: 1,
    candidates: options.topK === 0 ? vocabulary : options.topK,
    begin(name) {
      const chance = random(options.seed, 'sampling', name)
      return oneText(ends, (candidates) => candidates.ids[drawn(chances(candidates, options), chance.uniform())]!)
    },
  }
}

/**
 * The probabilities that the candidates are drawn with, in their order; what cannot be drawn is left out at the end. A token belongs to
 * the nucleus where those before it do not reach `topP` yet, so that there is always one.
 */
export function chances({ logProbs }: Candidates, { temperature, topK, topP }: Omit<SamplingOptions, 'seed'>): Float64Array {
  const kept = topK === 0 ? logProbs : logProbs.subarray(0, topK)
  const weights = Float64Array.from(kept, (logProb) => Math.exp((logProb - kept[0]!) / temperature))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let before = 0
  let size = 0
  while (size < weights.length && (before < topP * total || size === 0)) before += weights[size++]!
  return weights.subarray(0, size).map((weight) => weight / before)
}

/** The place where `chance`, uniform in [0, 1), falls. */
function drawn(probabilities: Float64Array, chance: number): number {
  let passed = 0
  for (const [place, probability] of probabilities.entries()) {
    passed += probability
    if (chance < passed) return place
  }
  return probabilities.length - 1 // the sum may stay a rounding below 1
}
