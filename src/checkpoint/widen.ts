// Stored values -> the two types that engines compute with. Little-endian files on little-endian machines.
import { floats, ints } from '../base/nd-array.ts'
import type { NdArray } from '../base/nd-array.ts'
import { halfToFloat } from '../base/half.ts'
import { CheckpointError } from './checkpoint-error.ts'
import type { StoredType } from './stored-type.ts'

/** The type that `stored` values become. */
export function widenedType(stored: StoredType): 'float32' | 'int32' {
  return stored.startsWith('F') || stored === 'BF16' ? 'float32' : 'int32'
}

/** An array of `shape` from its stored bytes, whose buffer begins with them. `where` names file and entry where an integer does not fit. */
export function widen(stored: StoredType, shape: readonly number[], buffer: ArrayBuffer, where: string): NdArray {
  switch (stored) {
    case 'F32':
      return floats(shape, new Float32Array(buffer))
    case 'F16':
      return floats(shape, halfToFloat(new Uint16Array(buffer)))
    case 'BF16':
      return floats(shape, brainToFloat(new Uint16Array(buffer)))
    case 'F64':
      return floats(shape, Float32Array.from(new Float64Array(buffer)))
    case 'I32':
      return ints(shape, new Int32Array(buffer))
    case 'I64':
      return ints(shape, narrowed(new BigInt64Array(buffer), where))
    case 'I16':
      return ints(shape, Int32Array.from(new Int16Array(buffer)))
    case 'I8':
      return ints(shape, Int32Array.from(new Int8Array(buffer)))
    case 'U8':
      return ints(shape, Int32Array.from(new Uint8Array(buffer)))
    case 'BOOL':
      return ints(
        shape,
        Int32Array.from(new Uint8Array(buffer), (value) => (value === 0 ? 0 : 1)),
      )
  }
}

/** bfloat16 is the upper half of a float32. */
function brainToFloat(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length)
  for (let i = 0; i < bits.length; i++) words[i] = bits[i]! << 16
  return new Float32Array(words.buffer)
}

function narrowed(values: BigInt64Array, where: string): Int32Array {
  return Int32Array.from(values, (value, i) => {
    if (value !== BigInt.asIntN(32, value))
      throw new CheckpointError(`${where} holds ${value.toString()} at index ${i}; whole numbers of 32 bits are needed.`)
    return Number(value)
  })
}
