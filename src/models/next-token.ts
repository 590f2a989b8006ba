// Decoding one token at a time. The cache of keys and values has a fixed size, prefix + longest text, so that one graph serves every
// step: a slot is written by a one-hot mask, and slots not yet filled are masked out of attention. A prefix fills the first slots.
import type { ArraySpec, Tensors } from '../engine/engine.ts'
import * as ops from '../engine/ops.ts'
import type { Tensor } from '../engine/ops.ts'
import { causalRow, countTo } from '../nn/attention.ts'
import type { KeysValues } from '../nn/attention.ts'
import { forEachRow } from '../nn/for-each-row.ts'
import { pastSlots } from '../nn/transformer.ts'
import type { Block, Decoder } from '../nn/transformer.ts'
import { imageKeys } from './captioner.ts'
import type { Captioner } from './captioner.ts'
import { blocksForward, tokenLogits } from './gpt2.ts'

export interface DecodingSize {
  /** Images decoded together, one caption each. */
  readonly rows: number
  /** Encoder tokens per image. */
  readonly tokens: number
  /** Positions that can be filled: the start token and what is generated. */
  readonly maxLength: number
}

export type DecodingSpecs = Readonly<Record<string, ArraySpec>>

/** What decoding keeps between steps: `h.{i}.cache.{keys,values}` (B, H, past + maxLength, D) and `h.{i}.image.{keys,values}` (B, H, N, D). */
export function decodingSpecs({ decoder }: Captioner, size: DecodingSize): DecodingSpecs {
  const specs: Record<string, ArraySpec> = {}
  const pair = (name: string, heads: number, slots: number, width: number) => {
    for (const part of ['keys', 'values'])
      specs[`${name}.${part}`] = { dtype: 'float32', shape: [size.rows, heads, slots, width / heads] }
  }
  decoder.h.forEach(({ attn, crossattention }, i) => {
    pair(cacheOf(i), attn.heads, pastSlots(decoder) + size.maxLength, decoder.shape.width)
    if (crossattention) pair(imageOf(i), crossattention.heads, size.tokens, crossattention.q_attn.outputs)
  })
  return specs
}

/** The state before the first token, for features (B, N, W): image keys and values, and a cache that holds the prefix alone. */
export function prefill(captioner: Captioner, features: Tensor, maxLength: number): Tensors {
  const images = imageKeys(captioner, features)
  const state: Record<string, Tensor> = {}
  captioner.decoder.h.forEach((block, i) => {
    Object.assign(state, named(cacheOf(i), emptyCache(captioner.decoder, block, features.shape[0], maxLength)))
    Object.assign(state, named(imageOf(i), images[i]))
  })
  return state
}

function emptyCache({ shape }: Decoder, { attn }: Block, rows: number, maxLength: number): KeysValues {
  const free = () => ops.zeros([rows, attn.heads, maxLength, shape.width / attn.heads])
  if (attn.past === undefined) return { keys: free(), values: free() }
  const { keys, values } = attn.past.read() // (1, H, past, D)
  const before = (x: Tensor) => ops.concat([forEachRow(x, rows), free()], 2) // (B, H, past + maxLength, D)
  return { keys: before(keys), values: before(values) }
}

export interface NextLogits {
  /** (B, V) */
  readonly logits: Tensor
  /** The caches with this token in them, under the names of `decodingSpecs`. */
  readonly state: Tensors
}

/** Scores of the token after `ids` (B), which stand at text position `position` (whole number, shape [] or [1]) behind what `state` holds. */
export function nextLogits({ decoder }: Captioner, ids: Tensor, position: Tensor, state: Tensors): NextLogits {
  const past = pastSlots(decoder)
  const slots = state[`${cacheOf(0)}.keys`]!.shape[2]!
  const slot = ops.add(ops.reshape(position, [1]), ops.scalar(past, 'int32')) // (1)
  const write = writerAt(slot, slots)
  const written: Record<string, Tensor> = {}
  const token = ops.add(decoder.wte.lookup(ids), decoder.wpe.lookup(ops.reshape(position, [1]))) // (B, C)
  const states = blocksForward(decoder, ops.expandDims(token, 1), {
    mask: causalRow(slot, slots), // (1, slots)
    remember(layer, fresh) {
      const held = pairNamed(cacheOf(layer), state)!
      const cache = { keys: write(held.keys, fresh.keys), values: write(held.values, fresh.values) } // (B, H, slots, D)
      Object.assign(written, named(cacheOf(layer), cache))
      return cache
    },
    image: decoder.h.map((_, i) => pairNamed(imageOf(i), state)),
  }) // (B, 1, C)
  return { logits: tokenLogits(decoder, states), state: written }
}

// Replaces one slot of a cache (B, H, slots, D) by fresh rows (B, H, 1, D).
function writerAt(slot: Tensor, slots: number): (cache: Tensor, fresh: Tensor) => Tensor {
  const here = ops.reshape(ops.cast(ops.equal(slot, countTo(slots)), 'float32'), [1, 1, slots, 1])
  const elsewhere = ops.sub(1, here)
  return (cache, fresh) => ops.add(ops.mul(cache, elsewhere), ops.mul(fresh, here))
}

const cacheOf = (layer: number) => `h.${layer}.cache`
const imageOf = (layer: number) => `h.${layer}.image`

function named(name: string, pair: KeysValues | undefined): Tensors {
  return pair === undefined ? {} : { [`${name}.keys`]: pair.keys, [`${name}.values`]: pair.values }
}

function pairNamed(name: string, state: Tensors): KeysValues | undefined {
  const keys = state[`${name}.keys`]
  const values = state[`${name}.values`]
  return keys && values && { keys, values }
}
