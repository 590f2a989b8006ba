// Folding low-rank updates into the frozen weights, on the host: the merged decoder runs at the plain decoder's cost.
import { floats } from '../base/nd-array.ts'
import type { FloatArray, NamedArrays } from '../base/nd-array.ts'
import { loraScale } from './lora.ts'
import type { LoraConfig } from './lora.ts'

/** The decoder's weights with every update among `trained` added; other arrays are shared, not copied. */
export function mergeLora(weights: NamedArrays, trained: NamedArrays, config: LoraConfig): NamedArrays {
  return withUpdates(weights, trained, loraScale(config))
}

/** Takes the updates out again: the weights before `mergeLora`, but for the rounding of one float32 addition. */
export function unmergeLora(weights: NamedArrays, trained: NamedArrays, config: LoraConfig): NamedArrays {
  return withUpdates(weights, trained, -loraScale(config))
}

const updateName = /^(?<linear>.*?)(?:\.(?<part>[qkv]))?\.lora_A$/

function withUpdates(weights: NamedArrays, trained: NamedArrays, scale: number): NamedArrays {
  const merged: Record<string, FloatArray> = {}
  for (const name of Object.keys(trained)) {
    const { linear, part } = updateName.exec(name)?.groups ?? {}
    if (linear === undefined) continue
    const weight = merged[`${linear}.weight`] ?? copied(weights, `${linear}.weight`)
    merged[`${linear}.weight`] = weight
    const b = floatsNamed(trained, name.replace(/lora_A$/, 'lora_B'))
    addUpdate(weight, floatsNamed(trained, name), b, { scale, firstColumn: part ? 'qkv'.indexOf(part) * b.shape[0]! : 0 })
  }
  return { ...weights, ...merged }
}

// weight[i, firstColumn + o] += scale * sum over r of a[r, i] b[o, r], each sum in float64
function addUpdate(weight: FloatArray, a: FloatArray, b: FloatArray, at: { scale: number; firstColumn: number }): void {
  const [rank, inputs] = a.shape as [number, number]
  const [outputs] = b.shape as [number]
  const columns = weight.shape[1]!
  for (let i = 0; i < inputs; i++) {
    for (let o = 0; o < outputs; o++) {
      let sum = 0
      for (let r = 0; r < rank; r++) sum += a.data[r * inputs + i]! * b.data[o * rank + r]!
      weight.data[i * columns + at.firstColumn + o]! += at.scale * sum
    }
  }
}

function copied(weights: NamedArrays, name: string): FloatArray {
  const { shape, data } = floatsNamed(weights, name)
  return floats(shape, data.slice())
}

function floatsNamed(arrays: NamedArrays, name: string): FloatArray {
  const array = arrays[name]
  if (array?.dtype !== 'float32') throw new Error(`${name}: float32 values are needed to merge low-rank updates`)
  return array
}
