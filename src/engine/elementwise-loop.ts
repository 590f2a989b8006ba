// Elementwise arithmetic on arrays as one loop of WebAssembly, four values at a time: each array is read and written once, in place,
// where a graph would pass over memory for every operation. Every operation rounds as IEEE 754 says, so as in any graph.
import { assembled, wasm, type AssembledFunction, type LoopMemory, type ValueType } from '../base/web-assembly.ts'

/** A value in a loop: an array's element, a scalar, or what an earlier step made; by index. */
export type Operand = readonly [kind: 'array' | 'scalar' | 'step', index: number]

export type LoopOp = 'Add' | 'Sub' | 'Mul' | 'Div' | 'Sqrt'

/** What is done at each place of arrays of one size. */
export interface Loop {
  readonly arrays: number
  readonly scalars: number
  readonly steps: readonly { readonly op: LoopOp; readonly operands: readonly Operand[] }[]
  /** Arrays that are overwritten, and with which step's values. */
  readonly results: readonly { readonly array: number; readonly step: number }[]
}

/** Runs over `count` places of arrays at addresses that are multiples of 16; what lies up to the next multiple of 16 is overwritten too. */
export type RunLoop = (addresses: readonly number[], scalars: readonly number[], count: number) => void

/** The loop as a function over `memory`. */
export function elementwiseLoop(loop: Loop, memory: LoopMemory): RunLoop {
  const { run } = assembled({ run: functionOf(loop) }, memory)
  return (addresses, scalars, count) => run(...addresses, ...scalars, count * 4)
}

const operations: Readonly<Record<LoopOp, readonly number[]>> = {
  Sqrt: wasm.sqrt,
  Add: wasm.addFloats,
  Sub: wasm.subtractFloats,
  Mul: wasm.multiplyFloats,
  Div: wasm.divideFloats,
}

function functionOf({ arrays, scalars, steps, results }: Loop): AssembledFunction {
  const { get, set, tee, constant, add } = wasm
  const length = arrays + scalars // the last parameter, in bytes
  const at = length + 1
  const elements = at + 1
  const spread = elements + arrays
  const made = spread + scalars
  const load = ([kind, index]: Operand) => get({ array: elements, scalar: spread, step: made }[kind] + index)
  const address = (array: number) => [...get(array), ...get(at), ...add]
  const each = (count: number, code: (index: number) => number[]) => Array.from({ length: count }, (_, i) => code(i)).flat()
  const times = (count: number, type: ValueType) => Array<ValueType>(count).fill(type)
  return {
    parameters: [...times(arrays, 'i32'), ...times(scalars, 'f32'), 'i32'],
    locals: ['i32', ...times(arrays + scalars + steps.length, 'v128')],
    code: [
      ...each(scalars, (i) => [...get(arrays + i), ...wasm.splatFloat, ...set(spread + i)]),
      ...wasm.loopWhileBelow([
        ...each(arrays, (i) => [...address(i), ...wasm.loadAlignedVector, ...set(elements + i)]),
        ...each(steps.length, (i) => [...steps[i]!.operands.flatMap(load), ...operations[steps[i]!.op], ...set(made + i)]),
        ...results.flatMap(({ array, step }) => [...address(array), ...load(['step', step]), ...wasm.storeAlignedVector]),
        ...[...get(at), ...constant(16), ...add, ...tee(at)], // the next four
        ...get(length),
      ]),
    ],
  }
}
