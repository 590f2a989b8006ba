// Half-precision rounding, for scores that must equal those of an evaluator on a GPU.

const bits = new DataView(new ArrayBuffer(4))

/** `value` rounded to the nearest IEEE half (ties to even) by way of float32, as a GPU rounds the result of a half-precision step. */
export function roundToHalf(value: number): number {
  bits.setFloat32(0, value)
  const single = bits.getFloat32(0)
  const exponent = ((bits.getUint32(0) >>> 23) & 0xff) - 127
  if (single === 0 || exponent === 128) return single
  const unit = 2 ** (Math.max(exponent, -14) - 10)
  const rounded = roundTiesToEven(Math.abs(single) / unit) * unit
  return Math.sign(single) * (rounded > 65504 ? Infinity : rounded)
}

function roundTiesToEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1
  return floor % 2 === 0 ? floor : floor + 1
}
