// Texts without their padding: the rows of a batch are its real positions, so that padding costs no product. Only attention sees whole
// texts side by side. What stands in their padded positions is a spare row, which causal attention hides from every real position and
// whose own result no loss reads: its gradient is zero, and the way back of either movement is a lookup, too.
import * as ops from '../engine/ops.ts'
import type { Tensor } from '../engine/ops.ts'

/** Texts by their real positions: (R) each, and `seats` (B, T); `packing` says what the last two mean. */
export interface PackedTexts {
  /** Tokens. */
  readonly ids: Tensor
  /** Their positions in their texts. */
  readonly positions: Tensor
  readonly seats: Tensor
  readonly places: Tensor
}

export interface Packing {
  /** Rows (R, W) as texts (B, T, W). */
  readonly spread: (rows: Tensor) => Tensor
  /** Texts (B, T, W) as rows (R, W). */
  readonly collect: (texts: Tensor) => Tensor
}

/**
 * `seats` (B, T) says which row each position is, a spare one where the text is over; `places` (R) which position each row is, counted
 * through all texts; of a spare row it is one where a text is over.
 */
export function packing(seats: Tensor, places: Tensor): Packing {
  const [texts, length] = seats.shape as [number, number]
  const seatOf = ops.reshape(seats, [-1]) // (B*T)
  return {
    spread: (rows) => ops.reshape(ops.moveRows(rows, seatOf, places), [texts, length, rows.shape[1]!]), // (B, T, W)
    collect: (x) => ops.moveRows(ops.reshape(x, [texts * length, x.shape[2]!]), places, seatOf), // (R, W)
  }
}
