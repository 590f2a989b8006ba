// A weight in whole numbers from -127 to 127 with one scale for each output.

/** The matrix [inputs, outputs] that is nearest to `values` times `scales` [outputs]. */
export interface Rounded {
  readonly inputs: number
  readonly outputs: number
  readonly values: Int8Array
  readonly scales: Float32Array
}

const most = 127

/** Rounds `data`, [inputs, outputs]. */
export function roundColumns(data: Float32Array, shape: readonly number[]): Rounded {
  const [inputs, outputs] = shape as [number, number]
  const scales = new Float32Array(outputs)
  for (let i = 0, at = 0; i < inputs; i++)
    for (let j = 0; j < outputs; j++, at++) scales[j] = Math.max(scales[j]!, Math.abs(data[at]!))
  const factors = scaled(scales)
  const values = new Int8Array(data.length)
  for (let i = 0, at = 0; i < inputs; i++) for (let j = 0; j < outputs; j++, at++) values[at] = rounded(data[at]! * factors[j]!)
  return { inputs, outputs, values, scales }
}

/** Outputs that are transposed together: what they read and write then stays near. */
const block = 64

/** Rounds the transpose of `data`, [outputs, inputs]. */
export function roundRows(data: Float32Array, shape: readonly number[]): Rounded {
  const [outputs, inputs] = shape as [number, number]
  const scales = new Float32Array(outputs)
  for (let j = 0, at = 0; j < outputs; j++) {
    let largest = 0
    for (let i = 0; i < inputs; i++, at++) largest = Math.max(largest, Math.abs(data[at]!))
    scales[j] = largest
  }
  const factors = scaled(scales)
  const values = new Int8Array(data.length)
  for (let first = 0; first < outputs; first += block) {
    const end = Math.min(first + block, outputs)
    for (let i = 0; i < inputs; i++)
      for (let j = first; j < end; j++) values[i * outputs + j] = rounded(data[j * inputs + i]! * factors[j]!)
  }
  return { inputs, outputs, values, scales }
}

/** Math.round for values that fit into a byte, several times as fast. */
function rounded(value: number): number {
  return ((value + 128.5) | 0) - 128
}

/** Turns largest values into scales, in place, and gives what to multiply values with. */
function scaled(largest: Float32Array): Float64Array {
  return Float64Array.from(largest, (top, j) => {
    largest[j] = top === 0 ? 1 : top / most
    return most / (top || most)
  })
}
