// Arrays that stay in host memory between the runs of onnxruntime. A run reads one buffer and writes the other; what loops update lies in
// their memory and stays there.
import './no-telemetry.ts'
import * as ort from 'onnxruntime-node'
import type { NamedArrays, NdArray } from '../base/nd-array.ts'
import { sizeOf } from '../base/nd-array.ts'
import { checkState, specsOf } from './check-arrays.ts'
import type { ArraySpec, State } from './engine.ts'

export interface OnnxState extends State {
  /** The buffer that holds the value now. */
  current(name: string): ort.Tensor
  /** The buffer that the next run may write. */
  spare(name: string): ort.Tensor
  /** The value of the spare buffer is the state's from now on. */
  swap(name: string): void
  /** Keeps the value in `place` from now on, which others may write. */
  move(name: string, place: Float32Array): void
  /** Whether anything was moved: one program's loops may own a state. */
  moved(): boolean
  /** Writes rows over those at `places`. */
  replaceRows(name: string, places: Int32Array, rows: Float32Array | Int32Array): void
}

const onnxStates = new WeakSet<State>()

export function asOnnxState(state: State): OnnxState {
  if (!onnxStates.has(state)) throw new Error('a state held by another engine was given to onnx')
  return state as OnnxState
}

export function onnxState(values: NamedArrays): OnnxState {
  const specs = specsOf(values)
  const current = new Map(Object.entries(values).map(([name, array]) => [name, toOrt(array)]))
  const spare = new Map<string, ort.Tensor>()
  /** Still in the arrays that were given, which are not to be written. */
  const given = new Set(current.keys())
  const moved = new Set<string>()
  const known = (name: string): ort.Tensor => {
    const tensor = current.get(name)
    if (tensor === undefined) throw new Error(`state ${name} is gone: its holder was disposed`)
    return tensor
  }
  const writable = (name: string): Float32Array | Int32Array => {
    if (given.delete(name)) current.set(name, toOrt(copied(fromOrt(known(name)))))
    return known(name).data as Float32Array | Int32Array
  }
  const state: OnnxState = {
    specs,
    current: known,
    spare(name) {
      const tensor = spare.get(name) ?? emptyTensor(specs[name]!)
      spare.set(name, tensor)
      return tensor
    },
    swap(name) {
      const old = known(name)
      const made = spare.get(name)!
      if (moved.has(name)) return (old.data as Float32Array).set(made.data as Float32Array)
      current.set(name, made)
      if (given.delete(name)) spare.delete(name)
      else spare.set(name, old)
    },
    move(name, place) {
      place.set(known(name).data as Float32Array)
      current.set(name, toOrt({ dtype: 'float32', shape: specs[name]!.shape, data: place }))
      given.delete(name)
      moved.add(name)
    },
    moved: () => moved.size > 0,
    replaceRows(name, places, rows) {
      const data = writable(name)
      const width = rows.length / places.length
      places.forEach((place, i) => data.set(rows.subarray(i * width, (i + 1) * width), place * width))
    },
    read: () => Promise.resolve(Object.fromEntries(Object.keys(specs).map((name) => [name, copied(fromOrt(known(name)))]))),
    write(others) {
      checkState(specs, others)
      for (const [name, { data }] of Object.entries(others)) writable(name).set(data)
    },
    dispose() {
      current.clear()
      spare.clear()
    },
  }
  onnxStates.add(state)
  return state
}

export function toOrt(array: NdArray): ort.Tensor {
  return array.dtype === 'float32'
    ? new ort.Tensor('float32', array.data, array.shape)
    : new ort.Tensor('int32', array.data, array.shape)
}

export function fromOrt({ type, dims, data }: ort.Tensor): NdArray {
  if (type === 'float32') return { dtype: 'float32', shape: dims, data: data as Float32Array }
  if (type === 'int32') return { dtype: 'int32', shape: dims, data: data as Int32Array }
  throw new Error(`onnxruntime gave a tensor of ${type}`)
}

function copied(array: NdArray): NdArray {
  return { ...array, data: array.data.slice() } as NdArray
}

function emptyTensor({ dtype, shape }: ArraySpec): ort.Tensor {
  const size = sizeOf(shape)
  return dtype === 'float32'
    ? new ort.Tensor(dtype, new Float32Array(size), shape)
    : new ort.Tensor(dtype, new Int32Array(size), shape)
}
