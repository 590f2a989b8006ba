// Decoding one token at a time, in one graph for every step. Images have seats; the texts of an image are rows that stand side by side. A
// row says which cache slot its token fills and which slots it sees, so that rows need not be equally far, and beams share what they
// have in common: nothing is copied when one beam becomes two. What a row does not see may hold anything.
import type { ArraySpec, Tensors } from '../engine/engine.ts'
import * as ops from '../engine/ops.ts'
import type { Tensor } from '../engine/ops.ts'
import { attendOwn, countTo, maskOf } from '../nn/attention.ts'
import type { KeysValues } from '../nn/attention.ts'
import { forEachRow } from '../nn/for-each-row.ts'
import { pastSlots } from '../nn/transformer.ts'
import type { Decoder } from '../nn/transformer.ts'
import { imageKeys } from './captioner.ts'
import type { Captioner } from './captioner.ts'
import { blocksForward, tokenLogits } from './gpt2.ts'

export interface DecodingSize {
  /** Images whose captions are written at the same time. */
  readonly seats: number
  /** Rows of a seat: texts of its image that are read side by side. */
  readonly beams: number
  /** Encoder tokens per image. */
  readonly tokens: number
  /** Positions that a text can fill: the start token and what is generated. */
  readonly maxLength: number
}

export type DecodingSpecs = Readonly<Record<string, ArraySpec>>

/** Cache slots of a seat: the prefix's come first, then those of texts. */
function slotsOf(decoder: Decoder, { beams, maxLength }: DecodingSize): number {
  return pastSlots(decoder) + beams * maxLength
}

/**
 * What decoding keeps between steps: `h.{i}.cache.{keys,values}` (I*H*S, D), a row for each seat, head and slot, and
 * `h.{i}.image.{keys,values}` (I, H, N, D).
 */
export function decodingSpecs({ decoder }: Captioner, size: DecodingSize): DecodingSpecs {
  const specs: Record<string, ArraySpec> = {}
  const pair = (name: string, shape: number[]) => {
    for (const part of ['keys', 'values']) specs[`${name}.${part}`] = { dtype: 'float32', shape }
  }
  decoder.h.forEach(({ attn, crossattention }, i) => {
    pair(cacheOf(i), [size.seats * attn.heads * slotsOf(decoder, size), decoder.shape.width / attn.heads])
    if (crossattention === undefined) return
    const { heads, q_attn } = crossattention
    pair(imageOf(i), [size.seats, heads, size.tokens, q_attn.outputs / heads])
  })
  return specs
}

/** The state after the images of `features` (C, N, W) took the seats numbered `seats` (C): their keys and values, and the prefix before their texts. */
export function takeSeats(captioner: Captioner, features: Tensor, seats: Tensor, size: DecodingSize, state: Tensors): Tensors {
  const images = imageKeys(captioner, features)
  const made: Record<string, Tensor> = {}
  captioner.decoder.h.forEach(({ attn }, i) => {
    if (images[i] !== undefined) Object.assign(made, scattered(imageOf(i), state, seats, images[i]))
    if (attn.past === undefined) return
    const { keys, values } = attn.past.read() // (1, H, past, D)
    const slots = slotsOf(captioner.decoder, size)
    const rows = rowsAt(ops.expandDims(seats, 1), countTo(attn.past.slots), { heads: attn.heads, slots }) // (C*H*past)
    const forEach = (x: Tensor) => flat(forEachRow(x, features.shape[0])) // (C*H*past, D)
    Object.assign(made, scattered(cacheOf(i), state, rows, { keys: forEach(keys), values: forEach(values) }))
  })
  return made
}

/** One step of all rows, R = seats * beams of them; those of a seat stand side by side. */
export interface RowTensors {
  /** The newest token (R). */
  readonly ids: Tensor
  /** Where it stands in its text, counted from 0 (R). */
  readonly positions: Tensor
  /** The slot of the seat that its keys and values go to (R), of beams * maxLength: no other row's, and none that a text still sees. */
  readonly slots: Tensor
  /** (R, beams * maxLength): 1 for each slot that the row sees beside its own token. All rows see the prefix. */
  readonly seen: Tensor
}

export interface NextLogits {
  /** (R, V) */
  readonly logits: Tensor
  /** The caches with these tokens in them, under the names of `decodingSpecs`. */
  readonly state: Tensors
}

/** Scores of the token after each row's newest, behind what `state` holds. */
export function nextLogits({ decoder }: Captioner, rows: RowTensors, size: DecodingSize, state: Tensors): NextLogits {
  const { seats, beams } = size
  const { width } = decoder.shape
  const past = pastSlots(decoder)
  const slots = slotsOf(decoder, size)
  const seatOf = ops.expandDims(countTo(seats), 1) // (I, 1)
  const places = ops.reshape(ops.add(rows.slots, ops.scalar(past, 'int32')), [seats, beams])
  const mask = ops.pad(maskOf(rows.seen), [
    [0, 0],
    [past, 0],
  ]) // (R, S) prettier-ignore
  const written: Record<string, Tensor> = {}
  const token = ops.add(decoder.wte.lookup(rows.ids), decoder.wpe.lookup(rows.positions)) // (R, C)
  const states = blocksForward(decoder, ops.reshape(token, [seats, beams, width]), {
    attendText(layer, queries, fresh) {
      const { heads } = decoder.h[layer]!.attn
      const { keys, values } = pairNamed(cacheOf(layer), state)!
      const at = rowsAt(seatOf, places, { heads, slots }) // (I*H*beams)
      Object.assign(written, scattered(cacheOf(layer), state, at, { keys: flat(fresh.keys), values: flat(fresh.values) }))
      const shape = [seats, heads, slots, width / heads]
      const remembered = { keys: ops.reshape(keys, shape), values: ops.reshape(values, shape) } // (I, H, S, D)
      return attendOwn(queries, fresh, remembered, ops.reshape(mask, [seats, 1, beams, slots])) // (I, H, beams, D)
    },
    image: decoder.h.map((_, i) => pairNamed(imageOf(i), state)),
  }) // (I, beams, C)
  return { logits: tokenLogits(decoder, states), state: written }
}

// The rows of a cache (I*H*S, D) for `slots` (n) or (I, n) of each seat of `seats` (I, 1): (I*H*n), in the order of fresh keys (I, H, n, D).
function rowsAt(seats: Tensor, slots: Tensor, cache: { heads: number; slots: number }): Tensor {
  const whole = (value: number) => ops.scalar(value, 'int32')
  const heads = ops.add(ops.mul(seats, whole(cache.heads)), countTo(cache.heads)) // (I, H)
  const first = ops.expandDims(ops.mul(heads, whole(cache.slots)), 2) // (I, H, 1)
  const each = slots.rank === 1 ? slots : ops.expandDims(slots, 1) // (n) or (I, 1, n)
  return ops.reshape(ops.add(first, each), [-1])
}

/** (I, H, n, D) -> (I*H*n, D) */
function flat(x: Tensor): Tensor {
  return ops.reshape(x, [-1, x.shape[3]!])
}

const cacheOf = (layer: number) => `h.${layer}.cache`
const imageOf = (layer: number) => `h.${layer}.image`

function scattered(name: string, state: Tensors, at: Tensor, fresh: KeysValues): Tensors {
  const held = pairNamed(name, state)!
  return {
    [`${name}.keys`]: ops.scatter(held.keys, at, fresh.keys),
    [`${name}.values`]: ops.scatter(held.values, at, fresh.values),
  }
}

function pairNamed(name: string, state: Tensors): KeysValues | undefined {
  const keys = state[`${name}.keys`]
  const values = state[`${name}.values`]
  return keys && values && { keys, values }
}
