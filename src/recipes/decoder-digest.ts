// Which decoder it is, whatever file it comes from: the course's PyTorch archive and a safetensors file of the same values are the same.
import { createHash } from 'node:crypto'
import type { NamedArrays } from '../base/nd-array.ts'

/** SHA-256 over names, shapes and float32 values of a model's weights, in the order of the names. */
export function weightsDigest(weights: NamedArrays): string {
  const hash = createHash('sha256')
  for (const name of Object.keys(weights).sort()) {
    const { shape, data } = weights[name]!
    hash.update(`${name} ${shape.join('x')}\n`)
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }
  return hash.digest('hex')
}
