// The loops that update state after a run of onnxruntime, in the memory where the state then lies.
import './no-telemetry.ts'
import * as ort from 'onnxruntime-node'
import { sizeOf } from '../base/nd-array.ts'
import { loopMemory, mostBytes } from '../base/web-assembly.ts'
import { elementwiseLoop, type RunLoop } from './elementwise-loop.ts'
import type { Graph, Port, Update } from './graph.ts'
import type { OnnxState } from './onnx-state.ts'
import { portNames } from './record.ts'

export interface StateLoops {
  /** Where a run is to write an output that loops take; undefined for all other outputs. */
  target(port: string): ort.Tensor | undefined
  /** Updates the state with what a run made. */
  run(results: ort.InferenceSession.ReturnType): void
}

const alignment = 16

/** Whether loops may update a state: those of one program, and only as much as their memory can hold. */
export function mayLoop(state: OnnxState): boolean {
  const values = Object.values(state.specs).reduce((sum, { shape }) => sum + sizeOf(shape), 0)
  return !state.moved() && 2 * 4 * values < mostBytes // no more leaves a graph for a loop than the loop makes
}

/** Moves all state that the loops of `graph` touch into one memory, beside room for what leaves the graph for them. */
export function stateLoops({ updates, outputs }: Graph, state: OnnxState): StateLoops {
  const { addresses, bytes } = layout(updates)
  const memory = loopMemory(bytes)
  const place = (port: string, size: number) => new Float32Array(memory.buffer, addresses.get(port), size)
  const targets = new Map<string, ort.Tensor>()
  for (const { arrays, size } of updates)
    for (const port of arrays)
      if (port.startsWith(portNames.state)) state.move(port.slice(portNames.state.length), place(port, size))
  for (const port of outputs)
    if (addresses.has(port.name)) targets.set(port.name, tensorOver(port, place(port.name, sizeOf(port.shape))))
  const known = new Map<string, RunLoop>()
  const loops = updates.map(({ loop, arrays, scalars, size }) => {
    const key = JSON.stringify(loop)
    const run = known.get(key) ?? elementwiseLoop(loop, memory)
    known.set(key, run)
    const at = arrays.map((port) => addresses.get(port)!)
    return (results: ort.InferenceSession.ReturnType) => {
      const numbers = scalars.map((scalar) => (typeof scalar === 'number' ? scalar : (results[scalar]!.data as Float32Array)[0]!))
      run(at, numbers, size)
    }
  })
  return { target: (port) => targets.get(port), run: (results) => loops.forEach((loop) => loop(results)) }
}

function layout(updates: readonly Update[]): { addresses: ReadonlyMap<string, number>; bytes: number } {
  const addresses = new Map<string, number>()
  let bytes = 0
  for (const { arrays, size } of updates)
    for (const port of arrays) {
      if (addresses.has(port)) continue
      addresses.set(port, bytes)
      bytes += Math.ceil((4 * size) / alignment) * alignment
    }
  return { addresses, bytes }
}

function tensorOver({ shape }: Port, data: Float32Array): ort.Tensor {
  return new ort.Tensor('float32', data, shape)
}
