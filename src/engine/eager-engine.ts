// Steps called each time on a tfjs backend: WebAssembly, which runs anywhere, or TensorFlow's own library.
import type { NamedArrays, NdArray } from '../base/nd-array.ts'
import { checkInputs, checkMadeState, checkState, holders, specsOf } from './check-arrays.ts'
import type { CompileOptions, Engine, EngineName, Made, Program, State, Step, Tensors } from './engine.ts'
import { useBackend } from './record.ts'
import { tf } from './tfjs.ts'
import type { Tensor } from './tfjs.ts'

export interface EagerOptions {
  readonly name: EngineName
  readonly description: string
  readonly threads: number
  /** tfjs's name of the backend, which must be initialised. */
  readonly backend: string
}

export function eagerEngine({ name, description, threads, backend }: EagerOptions): Engine {
  const weights = sharedWeights()
  const open = new Set<Program>()

  // eslint-disable-next-line @typescript-eslint/require-await -- the interface is asynchronous for engines that must be
  async function compile(step: Step, { label, frozen = {}, state = [], inputs }: CompileOptions): Promise<Program> {
    useBackend(backend)
    const held = holders(label, state.map(asEagerState))
    const specs = Object.fromEntries([...held].map(([key, holder]) => [key, holder.specs[key]!]))
    const frozenTensors = mapped(frozen, weights.take)

    async function run(given: NamedArrays): Promise<NamedArrays> {
      checkInputs(label, inputs, given)
      useBackend(backend)
      const now = Object.fromEntries([...held].map(([key, holder]) => [key, holder.tensor(key)]))
      const made = tf.tidy(() => owned(step({ frozen: frozenTensors, state: now, inputs: mapped(given, toTensor) })))
      checkMadeState(label, specs, made.state)
      for (const [key, tensor] of Object.entries(made.state)) held.get(key)!.replace(key, tensor)
      return readAll(made.outputs)
    }

    const program: Program = {
      run,
      dispose() {
        if (open.delete(program)) for (const array of Object.values(frozen)) weights.giveBack(array)
        return Promise.resolve()
      },
    }
    open.add(program)
    return program
  }

  return {
    name,
    description,
    threads,
    hold(values) {
      useBackend(backend)
      return eagerState(values, backend)
    },
    compile,
    dispose: async () => {
      for (const program of open) await program.dispose()
    },
  }
}

interface EagerState extends State {
  tensor(name: string): Tensor
  /** Keeps `tensor` from now on and lets the old one go. */
  replace(name: string, tensor: Tensor): void
}

const eagerStates = new WeakSet<State>()

function asEagerState(state: State): EagerState {
  if (!eagerStates.has(state)) throw new Error('a state held by another engine was given to an eager one')
  return state as EagerState
}

function eagerState(values: NamedArrays, backend: string): EagerState {
  const specs = specsOf(values)
  const tensors = new Map(Object.entries(values).map(([name, array]) => [name, tf.keep(toTensor(array))]))
  const known = (name: string): Tensor => {
    const tensor = tensors.get(name)
    if (tensor === undefined) throw new Error(`state ${name} is gone: its holder was disposed`)
    return tensor
  }
  const state: EagerState = {
    specs,
    tensor: known,
    replace(name, tensor) {
      known(name).dispose()
      tensors.set(name, tf.keep(tensor))
    },
    read: () => readAll(Object.fromEntries(Object.keys(specs).map((name) => [name, known(name).clone()]))),
    write(given) {
      checkState(specs, given)
      useBackend(backend)
      for (const [name, array] of Object.entries(given)) state.replace(name, toTensor(array))
    },
    dispose() {
      for (const tensor of tensors.values()) tensor.dispose()
      tensors.clear()
    },
  }
  eagerStates.add(state)
  return state
}

/** Weights by the array that they come from: programs that are compiled with the same array share one copy. */
function sharedWeights() {
  const taken = new Map<NdArray['data'], { tensor: Tensor; users: number }>()
  return {
    take(array: NdArray): Tensor {
      const entry = taken.get(array.data) ?? { tensor: tf.keep(toTensor(array)), users: 0 }
      entry.users++
      taken.set(array.data, entry)
      return entry.tensor
    },
    giveBack({ data }: NdArray): void {
      const entry = taken.get(data)
      if (entry === undefined || --entry.users > 0) return
      entry.tensor.dispose()
      taken.delete(data)
    },
  }
}

/** What a step made, as tensors of their own: a step may give back what it was given. */
function owned({ state = {}, outputs }: Made): { state: Record<string, Tensor>; outputs: Record<string, Tensor> } {
  const own = (tensors: Tensors) => mapped(tensors, (tensor) => tensor.clone())
  return { state: own(state), outputs: own(outputs) }
}

/** Copies tensors to the host and lets them go. */
async function readAll(tensors: Tensors): Promise<NamedArrays> {
  const arrays: Record<string, NdArray> = {}
  for (const [name, tensor] of Object.entries(tensors)) {
    arrays[name] = await toArray(tensor)
    tensor.dispose()
  }
  return arrays
}

/** A copy of its own: the wasm backend hands out views of its memory, which later runs overwrite. */
async function toArray(tensor: Tensor): Promise<NdArray> {
  const shape = [...tensor.shape]
  const data = await tensor.data()
  if (tensor.dtype === 'float32') return { dtype: 'float32', shape, data: Float32Array.from(data) }
  return { dtype: 'int32', shape, data: Int32Array.from(data) }
}

function toTensor({ data, shape, dtype }: NdArray): Tensor {
  return tf.tensor(data, [...shape], dtype)
}

function mapped<From, To>(from: Readonly<Record<string, From>>, to: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(from).map(([name, value]) => [name, to(value)]))
}
