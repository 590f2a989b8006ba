import * as ops from '../engine/ops.ts'
import type { Tensor } from '../engine/ops.ts'
import type { Init, Scope } from './scope.ts'

export interface Embedding {
  readonly rows: number
  readonly width: number
  /** (rows, width) */
  readonly table: Tensor
  /** Whole numbers of any shape (...) -> (..., width) */
  readonly lookup: (ids: Tensor) => Tensor
}

export interface EmbeddingOptions {
  readonly init: Init
  /** A trained table is read by a one-hot product, because a gather has no gradient on the wasm engine. */
  readonly trained: boolean
}

/** A table of `rows` vectors named `weight`. */
export function embedding(scope: Scope, rows: number, width: number, options: EmbeddingOptions): Embedding {
  const table = scope.parameter('weight', [rows, width], options.init)
  const read = options.trained
    ? (ids: Tensor) => ops.matMul(oneHotRows(ids, rows), table)
    : (ids: Tensor) => ops.gather(table, ids)
  return { rows, width, table, lookup: (ids) => ops.reshape(read(ops.reshape(ids, [-1])), [...ids.shape, width]) }
}

/** (N) -> (N, depth) in float32. The cast is for the wasm backend, which makes whole numbers whatever type is asked for. */
export function oneHotRows(ids: Tensor, depth: number): Tensor {
  return ops.cast(ops.oneHot(ids, depth), 'float32')
}
