// A frozen weight in whole numbers from -127 to 127 with one scale for each output. Where inputs differ much in the size of their weights,
// as where a LayerNorm makes a few of its outputs large and the weights behind it make up for that, each input's size goes into what is
// multiplied with the weight: rounding then sees neither.
import { mostInt8 } from './int8-rounding.ts'

/** The matrix [inputs, outputs] that is nearest to `values` times `scales` [outputs]. */
export interface RoundedWeight {
  readonly inputs: number
  readonly outputs: number
  readonly values: Int8Array
  readonly scales: Float32Array
  /** [inputs]: what the left factor is to be multiplied by first, where inputs were evened. */
  readonly evening?: Float32Array
}

/** Rounds `data`, [inputs, outputs], or the transpose of `data`, [outputs, inputs]. */
export function roundWeight(data: Float32Array, shape: readonly number[], transposed: boolean): RoundedWeight {
  const [height, breadth] = shape as [number, number]
  const [inputs, outputs] = transposed ? [breadth, height] : [height, breadth]
  const sizes = sizesOf(data, { rows: ones(height), columns: ones(breadth) })
  const evening = eveningOf(transposed ? sizes.columns : sizes.rows)
  const evened = evening?.map((size) => 1 / size) ?? ones(inputs)
  const even = transposed ? { rows: ones(height), columns: evened } : { rows: evened, columns: ones(breadth) }
  const { rows, columns } = evening === undefined ? sizes : sizesOf(data, even)
  const largest = transposed ? rows : columns
  const factors = largest.map((size) => mostInt8 / (size || mostInt8))
  const values = new Int8Array(data.length)
  if (transposed) {
    for (let first = 0; first < outputs; first += block) {
      const end = Math.min(first + block, outputs)
      for (let i = 0; i < inputs; i++)
        for (let j = first; j < end; j++) values[i * outputs + j] = rounded(data[j * inputs + i]! * evened[i]! * factors[j]!)
    }
  } else {
    for (let i = 0, at = 0; i < inputs; i++)
      for (let j = 0; j < outputs; j++, at++) values[at] = rounded(data[at]! * evened[i]! * factors[j]!)
  }
  const scales = Float32Array.from(factors, (factor) => 1 / factor)
  return { inputs, outputs, values, scales, ...(evening && { evening: Float32Array.from(evening) }) }
}

/** Outputs that are transposed together: what they read and write then stays near. */
const block = 64

/** Inputs are evened where the largest or the least of them is this many times another than the median. */
const uneven = 4

/** The inputs' sizes over their median, where they differ much; an input without weights counts as one that is like the others. */
function eveningOf(sizes: Float64Array): Float64Array | undefined {
  const known = sizes.filter((size) => size > 0).sort()
  const median = known[known.length >> 1] ?? 1
  const isEven = (known.at(-1) ?? 1) <= uneven * median && (known[0] ?? 1) >= median / uneven
  return isEven ? undefined : sizes.map((size) => (size || median) / median)
}

interface Sizes {
  readonly rows: Float64Array
  readonly columns: Float64Array
}

/** The largest absolute value of each row and of each column, after these were multiplied by factors. */
function sizesOf(data: Float32Array, factors: Sizes): Sizes {
  const rows = new Float64Array(factors.rows.length)
  const columns = new Float64Array(factors.columns.length)
  for (let i = 0, at = 0; i < rows.length; i++) {
    let largest = 0
    for (let j = 0; j < columns.length; j++, at++) {
      const size = Math.abs(data[at]! * factors.rows[i]! * factors.columns[j]!)
      if (size > largest) largest = size
      if (size > columns[j]!) columns[j] = size
    }
    rows[i] = largest
  }
  return { rows, columns }
}

function ones(length: number): Float64Array {
  return new Float64Array(length).fill(1)
}

/** Math.round for values that fit into a byte, several times as fast. */
function rounded(value: number): number {
  return ((value + 128.5) | 0) - 128
}
