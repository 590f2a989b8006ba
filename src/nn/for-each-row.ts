import * as ops from '../engine/ops.ts'
import type { Tensor } from '../engine/ops.ts'

/** (1, ...) -> (rows, ...), the same for each row. By addition, because its gradient is one sum where that of `tile` is a slice per row. */
export function forEachRow(x: Tensor, rows: number): Tensor {
  return ops.add(x, ops.zeros([rows, ...x.shape.slice(1)]))
}
