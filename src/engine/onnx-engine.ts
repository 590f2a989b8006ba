// Steps recorded once and run by onnxruntime. State stays in host memory: what a step updates value by value is updated in place by loops
// after the run, of what it replaces some rows the rows leave the graph, and all other new state is written beside the old.
import './no-telemetry.ts'
import * as ort from 'onnxruntime-node'
import type { NamedArrays } from '../base/nd-array.ts'
import { checkInputs, holders, specsOf } from './check-arrays.ts'
import type { CompileOptions, Engine, Precision, Program, Step } from './engine.ts'
import type { Graph } from './graph.ts'
import { withInt8Products } from './int8-products.ts'
import { mayLoop, stateLoops } from './onnx-loops.ts'
import { onnxModel } from './onnx-model.ts'
import { onnxVersion, providerOf } from './onnx-provider.ts'
import { startProfile, type Profile } from './onnx-profile.ts'
import { asOnnxState, fromOrt, onnxState, toOrt, type OnnxState } from './onnx-state.ts'
import { portNames, record } from './record.ts'
import { hasUnevenInputs } from './uneven-inputs.ts'

export interface OnnxOptions {
  /** `cpu`, `cuda`, `cuda:1`, `webgpu`. Weights stay on it; state and inputs are copied to it in each run. */
  readonly device: string
  /** Threads within an operator. */
  readonly threads: number
  /** Default fp32. int8 is for processors that gain by it: see `int8-engine.ts`. */
  readonly precision?: Precision
}

export function onnxEngine({ device, threads, precision = 'fp32' }: OnnxOptions): Engine {
  const open = new Set<Program>()
  const queue = oneAtATime()

  async function compile(step: Step, options: CompileOptions): Promise<Program> {
    const { label, frozen = {}, state = [], inputs, approximate = false, timed = false } = options
    const held = holders(label, state.map(asOnnxState))
    const stateSpecs = Object.fromEntries([...held].map(([name, { specs }]) => [name, specs[name]!]))
    const owner = state.length === 1 ? asOnnxState(state[0]!) : undefined
    const loops = owner !== undefined && mayLoop(owner)
    const graph = record(step, { label, frozen: specsOf(frozen), state: stateSpecs, inputs, loops, places: timed })
    const updating = loops && graph.updates.length > 0 ? stateLoops(graph, owner) : undefined
    const profile = timed ? startProfile() : undefined
    const computed = approximate && precision === 'int8' ? withInt8Products(graph, unevenIn(frozen)) : graph
    const session = await openSession(computed, frozen, { device, threads, profile })

    async function run(given: NamedArrays): Promise<NamedArrays> {
      checkInputs(label, inputs, given)
      const feeds = Object.fromEntries(graph.inputs.map(({ name }) => [name, feed(name, given, held)]))
      const targets = Object.fromEntries(graph.outputs.map(({ name }) => [name, updating?.target(name) ?? target(name, held)]))
      const results = await session.run(feeds, targets)
      for (const { name } of graph.outputs) advance(name, results, held)
      updating?.run(results)
      const outputs = graph.outputs.filter(({ name }) => name.startsWith(portNames.output))
      return Object.fromEntries(outputs.map((port) => [bare(port.name), fromOrt(results[port.name] as ort.Tensor)]))
    }

    const program: Program = {
      run: (given) => queue(() => run(given)),
      ...(profile && { times: () => queue(() => profile.end(session)) }),
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
    description: descriptionOf({ device, threads, precision }),
    threads,
    hold: onnxState,
    compile,
    dispose: async () => {
      for (const program of open) await program.dispose()
    },
  }
}

function descriptionOf({ device, threads, precision }: OnnxOptions): string {
  const rounding = precision === 'int8' ? ['training with products of weights in int8'] : []
  return `onnx (${[`onnxruntime-node ${onnxVersion}`, device, threads === 1 ? '1 thread' : `${threads} threads`, ...rounding].join(', ')})`
}

function unevenIn(frozen: NamedArrays): Parameters<typeof withInt8Products>[1] {
  return (weight, transposed) => {
    const { data, shape } = frozen[bare(weight)]!
    return hasUnevenInputs(data as Float32Array, shape, transposed)
  }
}

async function openSession(
  graph: Graph,
  frozen: NamedArrays,
  { device, threads, profile }: Pick<OnnxOptions, 'device' | 'threads'> & { profile: Profile | undefined },
): Promise<ort.InferenceSession> {
  const externalData = graph.weights.map(({ name }) => {
    const { data } = frozen[bare(name)]!
    return { path: name, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) }
  })
  return ort.InferenceSession.create(onnxModel(graph), {
    executionProviders: [providerOf(device)],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    // Threads wait for each other 0.1 ms awake, then asleep. Awake for long, as by default, a step took 1.5 times as long beside other
    // work; asleep at once, it took 1.3 times as long on a quiet machine (a step of the built-in world's size, two threads).
    extra: { session: { intra_op: { spin_duration_us: '100' } } },
    externalData,
    ...profile?.options,
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
