// Texts without their padding: the rows of a batch are its real positions, so that padding costs no product. Only attention sees texts as
// texts: in lines, where several stand one after another, to see what is before them, and side by side to see their image. What stands in
// the padded positions of either is a spare row, which no real position sees and whose own result no loss reads: its gradient is zero, and
// the way back of either movement is a lookup, too.
import * as ops from '../engine/ops.ts'
import type { Tensor } from '../engine/ops.ts'

/** Texts by their real positions: (R) each, but for seats and starts; `packing` says what seats and places mean. */
export interface PackedTexts {
  /** Tokens. */
  readonly ids: Tensor
  /** Their positions in their texts. */
  readonly positions: Tensor
  /** (L, T) */
  readonly lineSeats: Tensor
  readonly linePlaces: Tensor
  /** (L, T): where in its line the text of each position begins. */
  readonly lineStarts: Tensor
  /** (I, M) */
  readonly imageSeats: Tensor
  readonly imagePlaces: Tensor
}

export interface Packing {
  /** Rows (R, W) as texts (B, T, W). */
  readonly spread: (rows: Tensor) => Tensor
  /** Texts (B, T, W) as rows (R, W). */
  readonly collect: (texts: Tensor) => Tensor
}

/**
 * `seats` (B, T) says which row each position is, a spare one where no text is; `places` (R) which position each row is, counted
 * through all lines; of a spare row it is one where no text is.
 */
export function packing(seats: Tensor, places: Tensor): Packing {
  const [lines, length] = seats.shape as [number, number]
  const seatOf = ops.reshape(seats, [-1]) // (B*T)
  return {
    spread: (rows) => ops.reshape(ops.moveRows(rows, seatOf, places), [lines, length, rows.shape[1]!]), // (B, T, W)
    collect: (x) => ops.moveRows(ops.reshape(x, [lines * length, x.shape[2]!]), places, seatOf), // (R, W)
  }
}
