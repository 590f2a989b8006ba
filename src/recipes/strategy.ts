// The `decode` section of a configuration as a way of searching captions, and in words.
import type { DecodeConfig } from '../config/run-config.ts'
import { beamSearch } from '../decoding/beam-search.ts'
import { greedy } from '../decoding/greedy.ts'
import { sampling } from '../decoding/sampling.ts'
import type { Ends, Strategy } from '../decoding/search.ts'

/** The strategy of `decode`. `vocabulary` is its size. */
export function strategyOf(decode: DecodeConfig, ends: Ends, vocabulary: number): Strategy {
  switch (decode.strategy) {
    case 'greedy':
      return greedy(ends)
    case 'beam':
      return beamSearch(ends, {
        beams: decode.beams,
        lengthPenalty: decode.length_penalty,
        earlyStopping: decode.early_stopping,
        noRepeatNgram: decode.no_repeat_ngram,
        minLength: decode.min_length,
      })
    case 'sample': {
      const { temperature, top_k: topK, top_p: topP, seed } = decode
      return sampling(ends, { temperature, topK, topP, seed }, vocabulary)
    }
  }
}

/** All that decides what captions are written: `greedy, at most 24 tokens`, `beam, beams 5, length_penalty 1, ..., at most 24 tokens`. */
export function decodingText(decode: DecodeConfig): string {
  const options = Object.entries(decode).filter(([key]) => !['strategy', 'max_length', 'batch'].includes(key))
  const parts = options.map(([key, value]) => `${key} ${String(value)}`)
  return [decode.strategy, ...parts, `at most ${decode.max_length} tokens`].join(', ')
}
