// onnxruntime with products of weights in int8, where this processor gains by it: one without VNNI or its like multiplies
// bytes no faster than floats, or adds pairs of products in 16 bits that overflow. So a small product is tried first.
import { UserError } from '../base/errors.ts'
import { floats, type NamedArrays } from '../base/nd-array.ts'
import { random } from '../base/random.ts'
import type { Engine, Precision, Program, Step } from './engine.ts'
import { onnxEngine } from './onnx-engine.ts'
import * as ops from './ops.ts'

/** The engine on the processor. Throws UserError where int8 is no faster here, or wrong. */
export async function int8Engine(threads: number): Promise<Engine> {
  const found = await probeInt8(threads)
  const refusal = refusalOfInt8(found)
  if (refusal !== undefined) throw new UserError(`precision int8 ${refusal}; fp32 is needed for the engine and the encoder.`)
  return onnxEngine({ device: 'cpu', threads, precision: 'int8' })
}

export interface Int8Probe {
  /** Time in int8 over time in fp32. */
  readonly ratio: number
  /** The largest difference to fp32, relative to the largest value. */
  readonly error: number
}

/** Why int8 should not be used after such a probe, if it should not. */
export function refusalOfInt8({ ratio, error }: Int8Probe): string | undefined {
  if (error > 0.05) return `multiplies wrongly on this machine's processor (off by ${(100 * error).toFixed(0)} %)`
  return ratio >= 1 ? `takes ${ratio.toFixed(1)} times as long as fp32 on this machine` : undefined
}

const [rows, width] = [256, 768]
const rounds = 15

const product: Step = ({ frozen, inputs }) => ({ outputs: { y: ops.matMul(inputs.x!, frozen.w!) } })

/** Measures a product of the size that a small model has, in both precisions by turns. Takes about 0.1 s. */
export async function probeInt8(threads: number): Promise<Int8Probe> {
  const open = (precision: Precision) => opened(precision, threads)
  const [exact, rounded] = [await open('fp32'), await open('int8')]
  const x = positive('x', rows, width)
  const times = { exact: [] as number[], rounded: [] as number[] }
  let error = 0
  for (let round = 0; round < rounds; round++) {
    const wanted = await timed(exact.program, x, times.exact)
    error = Math.max(error, difference(wanted, await timed(rounded.program, x, times.rounded)))
  }
  await Promise.all([exact.engine.dispose(), rounded.engine.dispose()])
  return { ratio: Math.min(...times.rounded) / Math.min(...times.exact), error } // other work on the machine only ever adds time
}

async function opened(precision: Precision, threads: number): Promise<{ engine: Engine; program: Program }> {
  const engine = onnxEngine({ device: 'cpu', threads, precision })
  const inputs = { x: { dtype: 'float32', shape: [rows, width] } } as const
  const frozen = { w: positive('w', width, width) }
  return { engine, program: await engine.compile(product, { label: 'int8 probe', frozen, inputs, approximate: true }) }
}

/** All of one sign, so that sums are as large as they can be: where they overflow, it shows. */
function positive(name: string, height: number, breadth: number) {
  const { uniform } = random(1, 'int8 probe', name)
  return floats(
    [height, breadth],
    Float32Array.from({ length: height * breadth }, () => 0.5 + uniform() / 2),
  )
}

async function timed(program: Program, x: NamedArrays[string], times: number[]): Promise<ArrayLike<number>> {
  const began = performance.now()
  const { y } = await program.run({ x })
  times.push(performance.now() - began)
  return y!.data
}

function difference(wanted: ArrayLike<number>, found: ArrayLike<number>): number {
  let [largest, most] = [0, 0]
  for (let i = 0; i < wanted.length; i++) {
    largest = Math.max(largest, Math.abs(wanted[i]!))
    most = Math.max(most, Math.abs(wanted[i]! - found[i]!))
  }
  return most / largest
}
