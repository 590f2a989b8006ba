// Where a few inputs of a frozen matrix have much smaller or larger weights than the others, as behind a LayerNorm that makes a few of its
// outputs large, whatever is multiplied with it has outliers that make up for it: rounding must see neither.

/** How many times larger or smaller than the median an input may be. */
const most = 4

/** Whether inputs of a matrix differ much in their largest weights; its shape is [inputs, outputs], or the other way round if `transposed`. */
export function hasUnevenInputs(data: Float32Array, shape: readonly number[], transposed: boolean): boolean {
  const [height, breadth] = shape as [number, number]
  const sizes = new Float32Array(transposed ? breadth : height)
  for (let i = 0, at = 0; i < height; i++) {
    for (let j = 0; j < breadth; j++, at++) {
      const size = Math.abs(data[at]!)
      const input = transposed ? j : i
      if (size > sizes[input]!) sizes[input] = size
    }
  }
  const known = sizes.filter((size) => size > 0).sort() // an input without weights is as even as any
  const median = known[known.length >> 1] ?? 0
  return (known.at(-1) ?? 0) > most * median || (known[0] ?? 0) < median / most
}
