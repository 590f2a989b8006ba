// Steps recorded once and run by onnxruntime. State stays in host memory, twice: a run reads one buffer and writes the other. State of
// which a step replaces some rows stays once: the rows leave the graph and are written where they belong.
import { createRequire } from 'node:module'
import './no-telemetry.ts'
import * as ort from 'onnxruntime-node'
import { messageOf } from '../base/errors.ts'
import type { NamedArrays, NdArray } from '../base/nd-array.ts'
import { sizeOf } from '../base/nd-array.ts'
import { checkInputs, checkState, holders, specsOf } from './check-arrays.ts'
import type { ArraySpec, CompileOptions, Engine, Program, State, Step } from './engine.ts'
import type { Graph } from './graph.ts'
import { onnxModel } from './onnx-model.ts'
import { portNames, record } from './record.ts'

export interface OnnxOptions {
  /** An execution provider of this build of onnxruntime: `cpu`, `cuda`, `webgpu`, ... */
  readonly device: string
  /** Threads within an operator. */
  readonly threads: number
}

/** onnxruntime's version. */
export const onnxVersion = (createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string }).version

/** The devices that this build of onnxruntime knows. */
export function onnxDevices(): string[] {
  return ort.listSupportedBackends().map(({ name }) => name)
}

/** Why `device` cannot be used here, or nothing: a build knows more devices than a machine has. */
export async function refusalOf(device: string): Promise<string | undefined> {
  if (!onnxDevices().includes(device)) return `it has no device "${device}" (only ${onnxDevices().join(', ')})`
  if (device === 'cpu') return undefined
  const engine = onnxEngine({ device, threads: 1 })
  try {
    const probe = await engine.compile(({ inputs }) => ({ outputs: inputs }), {
      label: 'probe',
      inputs: { x: { dtype: 'float32', shape: [1] } },
    })
    await probe.run({ x: { dtype: 'float32', shape: [1], data: Float32Array.of(1) } })
    return undefined
  } catch (error) {
    return `its device "${device}" does not answer (${messageOf(error).split('\n')[0]})`
  } finally {
    await engine.dispose()
  }
}

export function onnxEngine({ device, threads }: OnnxOptions): Engine {
  const open = new Set<Program>()
  const queue = oneAtATime()

  async function compile(step: Step, { label, frozen = {}, state = [], inputs }: CompileOptions): Promise<Program> {
    const held = holders(label, state.map(asOnnxState))
    const stateSpecs = Object.fromEntries([...held].map(([name, { specs }]) => [name, specs[name]!]))
    const graph = record(step, { label, frozen: specsOf(frozen), state: stateSpecs, inputs })
    const session = await openSession(graph, frozen, { device, threads })

    async function run(given: NamedArrays): Promise<NamedArrays> {
      checkInputs(label, inputs, given)
      const feeds = Object.fromEntries(graph.inputs.map(({ name }) => [name, feed(name, given, held)]))
      const targets = Object.fromEntries(graph.outputs.map(({ name }) => [name, target(name, held)]))
      const results = await session.run(feeds, targets)
      for (const { name } of graph.outputs) advance(name, results, held)
      const outputs = graph.outputs.filter(({ name }) => name.startsWith(portNames.output))
      return Object.fromEntries(outputs.map((port) => [bare(port.name), fromOrt(results[port.name] as ort.Tensor)]))
    }

    const program: Program = {
      run: (given) => queue(() => run(given)),
      dispose: () =>
        queue(async () => {
          if (open.delete(program)) await session.release()
        }),
    }
    open.add(program)
    return program
  }

  return {
    name: 'onnx',
    description: `onnx (onnxruntime-node ${onnxVersion}, ${device}, ${threads === 1 ? '1 thread' : `${threads} threads`})`,
    threads,
    hold: onnxState,
    compile,
    dispose: async () => {
      for (const program of open) await program.dispose()
    },
  }
}

async function openSession(graph: Graph, frozen: NamedArrays, { device, threads }: OnnxOptions): Promise<ort.InferenceSession> {
  const externalData = graph.weights.map(({ name }) => {
    const { data } = frozen[bare(name)]!
    return { path: name, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) }
  })
  return ort.InferenceSession.create(onnxModel(graph), {
    executionProviders: [device],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    // Threads wait for each other 0.1 ms awake, then asleep. Awake for long, as by default, a step took 1.5 times as long beside other
    // work; asleep at once, it took 1.3 times as long on a quiet machine (a step of the built-in world's size, two threads).
    extra: { session: { intra_op: { spin_duration_us: '100' } } },
    externalData,
  })
}

/** Runs of programs that share state must not overlap. */
function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const result = last.then(work)
    last = result.catch(() => undefined)
    return result
  }
}

interface OnnxState extends State {
  /** The buffer that holds the value now. */
  current(name: string): ort.Tensor
  /** The buffer that the next run may write. */
  spare(name: string): ort.Tensor
  /** The spare buffer holds the value from now on. */
  swap(name: string): void
  /** Writes rows over those at `places`. */
  replaceRows(name: string, places: Int32Array, rows: Float32Array | Int32Array): void
}

const onnxStates = new WeakSet<State>()

function asOnnxState(state: State): OnnxState {
  if (!onnxStates.has(state)) throw new Error('a state held by another engine was given to onnx')
  return state as OnnxState
}

function onnxState(values: NamedArrays): OnnxState {
  const specs = specsOf(values)
  const current = new Map(
    Object.entries(values).map(([name, array]) => [name, toOrt({ ...array, data: array.data.slice() } as NdArray)]),
  )
  const spare = new Map<string, ort.Tensor>()
  const known = (name: string): ort.Tensor => {
    const tensor = current.get(name)
    if (tensor === undefined) throw new Error(`state ${name} is gone: its holder was disposed`)
    return tensor
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
      current.set(name, spare.get(name)!)
      spare.set(name, old)
    },
    replaceRows(name, places, rows) {
      const data = known(name).data as Float32Array | Int32Array
      const width = rows.length / places.length
      places.forEach((place, i) => data.set(rows.subarray(i * width, (i + 1) * width), place * width))
    },
    read: () => Promise.resolve(Object.fromEntries(Object.keys(specs).map((name) => [name, copied(fromOrt(known(name)))]))),
    write(given) {
      checkState(specs, given)
      for (const [name, { data }] of Object.entries(given)) (known(name).data as Float32Array | Int32Array).set(data)
    },
    dispose() {
      current.clear()
      spare.clear()
    },
  }
  onnxStates.add(state)
  return state
}

function feed(name: string, inputs: NamedArrays, held: ReadonlyMap<string, OnnxState>): ort.Tensor {
  return name.startsWith(portNames.input) ? toOrt(inputs[bare(name)]!) : held.get(bare(name))!.current(bare(name))
}

/** New state is written where it will stay; all else is made anew. */
function target(name: string, held: ReadonlyMap<string, OnnxState>): ort.Tensor | null {
  return isNext(name) ? held.get(bare(name))!.spare(bare(name)) : null
}

/** The state after a run: buffers change places, or rows are replaced. */
function advance(port: string, results: ort.InferenceSession.ReturnType, held: ReadonlyMap<string, OnnxState>): void {
  const name = bare(port)
  if (isNext(port)) held.get(name)!.swap(name)
  if (!port.startsWith(portNames.rows)) return
  const [rows, places] = [results[port], results[portNames.places + name]] as [ort.Tensor, ort.Tensor]
  held.get(name)!.replaceRows(name, places.data as Int32Array, rows.data as Float32Array | Int32Array)
}

function isNext(name: string): boolean {
  return name.startsWith(portNames.next)
}

/** A port's name without its prefix. */
function bare(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

function toOrt(array: NdArray): ort.Tensor {
  return array.dtype === 'float32'
    ? new ort.Tensor('float32', array.data, array.shape)
    : new ort.Tensor('int32', array.data, array.shape)
}

function fromOrt({ type, dims, data }: ort.Tensor): NdArray {
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
