// From image features to token ids: two programs that share a memory. The first looks at images, the second reads a token in every row.
import { floats, ints, sizeOf, type NamedArrays } from '../base/nd-array.ts'
import { captionsOf, type Captioned, type Reader } from '../decoding/captions.ts'
import type { Candidates, Ends, Strategy } from '../decoding/search.ts'
import type { Engine, Given, Program, State } from '../engine/engine.ts'
import * as ops from '../engine/ops.ts'
import type { Captioner } from '../models/captioner.ts'
import { decodingSpecs, nextLogits, takeSeats, type DecodingSize } from '../models/next-token.ts'
import { bind, shapesOnly } from '../nn/scope.ts'
import { assemble, type CaptionerPlan } from './captioner.ts'

/** Features (images, tokens, width) of the images numbered so. */
export type FeaturesOf = (images: readonly number[]) => Float32Array

/** What was trained: the state of a training, which decoding follows, or arrays that change no more, on which it is faster. */
export type Trained = State | NamedArrays

export interface Decoding {
  /** The captions of the images called `names`, each as soon as it is found, in no particular order. One call at a time. */
  captions(names: readonly string[], features: FeaturesOf): AsyncGenerator<Captioned, void, void>
  dispose(): Promise<void>
}

export interface DecodingOptions {
  readonly plan: CaptionerPlan
  readonly strategy: Strategy
  readonly ends: Ends
  /** Images decoded together. */
  readonly images: number
  /** Encoder tokens per image. */
  readonly tokens: number
  /** Token ids that are never chosen: the course's dialect cannot spell a few of its own vocabulary. */
  readonly forbidden: readonly number[]
}

/** Compiles decoding. A state `trained` is read anew at every step. */
export async function openDecoding(
  engine: Engine,
  frozen: NamedArrays,
  trained: Trained,
  options: DecodingOptions,
): Promise<Decoding> {
  const { plan, strategy, ends, images, tokens } = options
  const size = { seats: images, beams: strategy.beams, tokens, maxLength: ends.maxLength }
  const specs = decodingSpecs(assemble(shapesOnly, shapesOnly, plan), size)
  const memory = engine.hold(Object.fromEntries(Object.entries(specs).map(([name, { shape }]) => [name, floats(shape)])))
  const weights = isState(trained) ? { frozen, state: [trained, memory] } : { frozen: { ...frozen, ...trained }, state: [memory] }
  const parts = { engine, ...weights, size, plan }
  const looks = Math.ceil(images / 8) // few, so that seats are not long empty; not too few for a product of matrices
  const looking = await lookingProgram(parts, looks)
  const reading = await readingProgram(parts, options)
  return {
    captions: (names, features) =>
      captionsOf(names, strategy, ends.start, {
        ...size,
        looks,
        look: (numbers, seats) => look(looking, features(numbers), seats, [looks, tokens, plan.cross_attention.encoderWidth]),
        next: (rows) => next(reading, rows, size, options.forbidden),
      }),
    async dispose() {
      await looking.dispose()
      await reading.dispose()
      memory.dispose()
    },
  }
}

interface Parts {
  readonly engine: Engine
  readonly frozen: NamedArrays
  readonly state: readonly State[]
  readonly size: DecodingSize
  readonly plan: CaptionerPlan
}

function isState(trained: Trained): trained is State {
  return typeof trained['read'] === 'function'
}

function captionerOf({ frozen, state }: Given, plan: CaptionerPlan): Captioner {
  const all = bind({ ...frozen, ...state })
  return assemble(all, all, plan)
}

function lookingProgram({ engine, frozen, state, size, plan }: Parts, looks: number): Promise<Program> {
  const features = { dtype: 'float32', shape: [looks, size.tokens, plan.cross_attention.encoderWidth] } as const
  return engine.compile(
    (given) => {
      const { features, seats } = given.inputs
      return { state: takeSeats(captionerOf(given, plan), features!, seats!, size, given.state), outputs: {} }
    },
    { label: 'look at images', frozen, state, inputs: { features, seats: { dtype: 'int32', shape: [looks] } } },
  )
}

/** The likeliest tokens are found inside of the graph, so that of 50 000 a few dozens come out. */
function readingProgram(
  { engine, frozen, state, size, plan }: Parts,
  { strategy, forbidden }: DecodingOptions,
): Promise<Program> {
  const rows = size.seats * size.beams
  const many = Math.min(strategy.candidates + forbidden.length, plan.decoder.vocabulary)
  const each = { dtype: 'int32', shape: [rows] } as const
  const seen = { dtype: 'int32', shape: [rows, size.beams * size.maxLength] } as const
  return engine.compile(
    (given) => {
      const { ids, positions, slots, seen } = given.inputs
      const tokens = { ids: ids!, positions: positions!, slots: slots!, seen: seen! }
      const { logits, state } = nextLogits(captionerOf(given, plan), tokens, size, given.state) // (R, V)
      const { values, indices } = ops.topk(logits, many) // (R, many)
      const best = ops.slice(values, [0, 0], [-1, 1]) // (R, 1)
      const total = ops.log(ops.sum(ops.exp(ops.sub(logits, best)), -1, true)) // (R, 1)
      return { state, outputs: { ids: indices, logProbs: ops.sub(ops.sub(values, best), total) } }
    },
    { label: 'next token', frozen, state, inputs: { ids: each, positions: each, slots: each, seen } },
  )
}

/** Where images are fewer than `shape` has room for, the last of them takes its seat again. */
async function look(program: Program, features: Float32Array, seats: readonly number[], shape: number[]): Promise<void> {
  const image = sizeOf(shape.slice(1))
  const all = floats(shape)
  all.data.set(features)
  for (let i = seats.length; i < shape[0]!; i++) all.data.copyWithin(i * image, (seats.length - 1) * image, seats.length * image)
  const places = Int32Array.from({ length: shape[0]! }, (_, i) => seats[Math.min(i, seats.length - 1)]!)
  await program.run({ features: all, seats: ints([places.length], places) })
}

async function next(
  program: Program,
  { ids, positions, slots, seen }: Parameters<Reader['next']>[0],
  size: DecodingSize,
  forbidden: readonly number[],
): Promise<(row: number) => Candidates> {
  const rows = ids.length
  const made = await program.run({
    ids: ints([rows], ids),
    positions: ints([rows], positions),
    slots: ints([rows], slots),
    seen: ints([rows, size.beams * size.maxLength], seen),
  })
  const [tokens, logProbs] = [made['ids']!.data as Int32Array, made['logProbs']!.data as Float32Array]
  const many = tokens.length / rows
  return (row) => {
    const found = {
      ids: tokens.subarray(row * many, (row + 1) * many),
      logProbs: logProbs.subarray(row * many, (row + 1) * many),
    }
    return forbidden.length === 0 ? found : without(forbidden, found)
  }
}

function without(forbidden: readonly number[], { ids, logProbs }: Candidates): Candidates {
  const allowed = [...ids.keys()].filter((i) => !forbidden.includes(ids[i]!))
  return { ids: Int32Array.from(allowed, (i) => ids[i]!), logProbs: Float32Array.from(allowed, (i) => logProbs[i]!) }
}
