// Whether an engine computes what it should: one step with a matrix product, a loss and its gradient, whose numbers are known.
import { floats } from '../base/nd-array.ts'
import type { Engine, Step } from './engine.ts'
import * as ops from './ops.ts'

const square = { dtype: 'float32', shape: [2, 2] } as const
const x = floats([2, 2], Float32Array.of(1, 2, 3, 4))
const w = floats([2, 2], Float32Array.of(1, 0, 0.5, -1))

/** By hand: x w = [[2, -2], [5, -4]], the sum of its squares, and 2 x^T (x w). */
const known = { product: [2, -2, 5, -4], loss: [49], gradient: [34, -28, 48, -40] } as const

const step: Step = ({ frozen, inputs }) => {
  const product = ops.matMul(frozen.x!, inputs.w!)
  const loss = () => ops.sum(ops.square(ops.matMul(frozen.x!, inputs.w!)))
  const { value, gradients } = ops.valueAndGradients(loss, { w: inputs.w! })
  return { outputs: { product, loss: value, gradient: gradients.w! } }
}

/** Throws where the engine fails, or with the numbers that are wrong. */
export async function proveEngine(engine: Engine): Promise<void> {
  const program = await engine.compile(step, { label: 'proof', frozen: { x }, inputs: { w: square } })
  try {
    const found = await program.run({ w })
    for (const [name, wanted] of Object.entries(known)) {
      const numbers = [...found[name]!.data]
      if (numbers.length !== wanted.length || numbers.some((value, i) => !(Math.abs(value - wanted[i]!) <= 1e-4)))
        throw new Error(`it computes a ${name} of ${numbers.join(', ')} where ${wanted.join(', ')} is right`)
    }
  } finally {
    await program.dispose()
  }
}
