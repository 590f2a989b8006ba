// float16 <-> float32 for whole arrays: one table look-up a value to widen, integer arithmetic with round-to-nearest-even to narrow.

let table: Float32Array | undefined

/** The float32 values of float16 bit patterns; exact. Writes into `target` where one is given. */
export function halfToFloat(bits: Uint16Array, target: Float32Array = new Float32Array(bits.length)): Float32Array {
  table ??= everyHalf()
  for (let i = 0; i < bits.length; i++) target[i] = table[bits[i]!]!
  return target
}

/**
 * The nearest float16 bit pattern of each value, ties to even, as IEEE 754 and NumPy round; 65520 and above become infinity.
 * Writes into `target` where one is given.
 */
export function floatToHalf(values: Float32Array, target: Uint16Array = new Uint16Array(values.length)): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length)
  for (let i = 0; i < words.length; i++) target[i] = halfBits(words[i]!)
  return target
}

const roundingFloat = new Float32Array(1)
const roundingWord = new Uint32Array(roundingFloat.buffer)

function halfBits(word: number): number {
  const sign = (word >>> 16) & 0x8000
  const magnitude = word & 0x7fffffff
  if (magnitude >= 0x47800000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00) // 65536 and above: NaN stays NaN, the rest is infinity
  if (magnitude >= 0x38800000) {
    // A normal half: move the exponent's bias from 127 to 15, add just under half a unit, and one more where the kept bit is odd.
    const odd = (magnitude >>> 13) & 1
    return sign | ((magnitude - 0x38000000 + 0xfff + odd) >>> 13)
  }
  // A subnormal half counts units of 2^-24, which is what the last bit of a float32 next to 0.5 is worth: adding 0.5 rounds for us.
  roundingWord[0] = magnitude
  roundingFloat[0] = roundingFloat[0]! + 0.5
  return sign | (roundingWord[0] - 0x3f000000)
}

function everyHalf(): Float32Array {
  const values = new Float32Array(65536)
  for (let bits = 0; bits < 65536; bits++) {
    const sign = bits < 0x8000 ? 1 : -1
    const exponent = (bits >>> 10) & 31
    const fraction = bits & 1023
    if (exponent === 0) values[bits] = sign * fraction * 2 ** -24
    else if (exponent < 31) values[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
    else values[bits] = fraction === 0 ? sign * Infinity : NaN
  }
  return values
}
