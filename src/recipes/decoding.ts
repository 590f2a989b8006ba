// From image features to token ids: two programs that share a cache. The first looks at the images once, the second makes a token a step.
import { floats, ints, sizeOf, type NamedArrays } from '../base/nd-array.ts'
import { greedy } from '../decoding/greedy.ts'
import type { Engine, State } from '../engine/engine.ts'
import { decodingSpecs, nextLogits, prefill, type DecodingSize } from '../models/next-token.ts'
import { bind, shapesOnly } from '../nn/scope.ts'
import { assemble, type CaptionerPlan } from './captioner.ts'

export interface Decoding {
  /** Token ids, without start and end, for the features (rows, tokens, width) of at most `size.rows` images. */
  captions(features: Float32Array, rows: number): Promise<number[][]>
  dispose(): Promise<void>
}

export interface DecodingOptions {
  readonly plan: CaptionerPlan
  readonly size: DecodingSize
  readonly start: number
  readonly end: number
  /** Token ids that are never chosen: the course's dialect cannot spell a few of its own vocabulary. */
  readonly forbidden: readonly number[]
}

/** Compiles decoding for batches of one size. It reads `trained` anew at every batch, so that it follows a training. */
export async function openDecoding(
  engine: Engine,
  frozen: NamedArrays,
  trained: State,
  { plan, size, start, end, forbidden }: DecodingOptions,
): Promise<Decoding> {
  const specs = decodingSpecs(assemble(shapesOnly, shapesOnly, plan), size)
  const cache = engine.hold(Object.fromEntries(Object.entries(specs).map(([name, { shape }]) => [name, floats(shape)])))
  const shape = [size.rows, size.tokens, plan.cross_attention.encoderWidth]

  const look = await engine.compile(
    (given) => {
      const captioner = assemble(bind(given.frozen), bind(given.state), plan)
      return { state: prefill(captioner, given.inputs['features']!, size.maxLength), outputs: {} }
    },
    { label: 'look at images', frozen, state: [trained, cache], inputs: { features: { dtype: 'float32', shape } } },
  )
  const speak = await engine.compile(
    (given) => {
      const captioner = assemble(bind(given.frozen), bind(given.state), plan)
      const { logits, state } = nextLogits(captioner, given.inputs['ids']!, given.inputs['position']!, given.state)
      return { state, outputs: { logits } }
    },
    {
      label: 'next token',
      frozen,
      state: [trained, cache],
      inputs: { ids: { dtype: 'int32', shape: [size.rows] }, position: { dtype: 'int32', shape: [1] } },
    },
  )

  async function next(last: Int32Array, position: number): Promise<Float32Array> {
    const inputs = { ids: ints([size.rows], last), position: ints([1], Int32Array.of(position)) }
    const { logits } = await speak.run(inputs)
    const scores = logits!.data as Float32Array
    for (const id of forbidden) for (let row = 0; row < size.rows; row++) scores[row * plan.decoder.vocabulary + id] = -Infinity
    return scores
  }

  return {
    async captions(features, rows) {
      const padded = new Float32Array(sizeOf(shape)) // rows that are missing in the last batch are zeros, and dropped again
      padded.set(features)
      await look.run({ features: floats(shape, padded) })
      const captions = await greedy(next, { rows: size.rows, start, end, maxLength: size.maxLength })
      return captions.slice(0, rows)
    },
    async dispose() {
      await look.dispose()
      await speak.dispose()
      cache.dispose()
    },
  }
}
