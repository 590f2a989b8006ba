// A tfjs backend that computes nothing: it writes down what it is asked to compute. tfjs's own tape runs on top of it, so that
// forward pass, gradients and optimizer of a step land in one graph.
import { checkMadeState } from './check-arrays.ts'
import { codePlaces } from './code-place.ts'
import type { ArraySpec, Made, Step, Tensors } from './engine.ts'
import type { ElementType, Graph } from './graph.ts'
import { graphBuilder } from './graph-builder.ts'
import type { Value } from './graph-builder.ts'
import { recorderKernels } from './recorder-kernels.ts'
import { simplifier } from './simplify.ts'
import type { Simplifier } from './simplify.ts'
import { withoutUpdates } from './updates.ts'
import { tf } from './tfjs.ts'
import type { BackendValues, DataType, TensorInfo } from './tfjs.ts'

type Specs = Readonly<Record<string, ArraySpec>>

export interface RecordOptions {
  readonly label: string
  readonly frozen: Specs
  readonly state: Specs
  readonly inputs: Specs
  /** Whether updates of state, value by value, are taken out of the graph (updates.ts). */
  readonly loops?: boolean
  /** Whether nodes say where in the code they come from. */
  readonly places?: boolean
}

/** Prefixes of the names of a graph's ports. Of a new state that is the old one with some rows replaced, the rows and their places leave the graph. */
export const portNames = {
  frozen: 'frozen:',
  state: 'state:',
  input: 'input:',
  next: 'next:',
  rows: 'rows:',
  places: 'places:',
  part: 'part:',
  output: 'output:',
} as const

/** Runs `step` once on arrays without values and returns what it would compute. Throws where shapes do not fit or a value is asked for. */
export function record(step: Step, { label, frozen, state, inputs, loops = false, places = false }: RecordOptions): Graph {
  const previous = tf.getBackend() as string | undefined
  useBackend(recorderName)
  const builder = graphBuilder(places ? codePlaces() : undefined)
  recording = simplifier(builder)
  values = new WeakMap()
  try {
    let outputs: Record<string, Value> = {}
    tf.tidy(() => {
      const given = {
        frozen: placeholders(frozen, (name, spec) => builder.weight(portNames.frozen + name, spec)),
        state: placeholders(state, (name, spec) => builder.input(portNames.state + name, spec)),
        inputs: placeholders(inputs, (name, spec) => builder.input(portNames.input + name, spec)),
      }
      const made = step(given)
      checkMadeState(label, state, made.state ?? {})
      outputs = madeValues(made, given.state)
    })
    if (!loops) return builder.finish(label, outputs)
    const { outputs: rest, updates } = withoutUpdates(outputs, portNames)
    return builder.finish(label, rest, updates)
  } finally {
    recording = undefined
    if (previous !== undefined) useBackend(previous)
  }
}

/** New state is left out where it is the old one; bools leave as int32. */
function madeValues({ state = {}, outputs }: Made, given: Tensors): Record<string, Value> {
  const changed = Object.entries(state).filter(([name, tensor]) => valueOf(tensor) !== (given[name] && valueOf(given[name])))
  const all = [
    ...changed.flatMap(([name, tensor]) => nextValues(name, valueOf(tensor), given[name] && valueOf(given[name]))),
    ...Object.entries(outputs).map(([name, tensor]) => [portNames.output + name, valueOf(tensor)] as const),
  ]
  return Object.fromEntries(all.map(([name, value]) => [name, value.dtype === 'bool' ? active().cast(value, 'int32') : value]))
}

function nextValues(name: string, made: Value, old: Value | undefined): (readonly [string, Value])[] {
  if (made.node?.op !== 'ScatterND' || made.node.inputs[0] !== old) return [[portNames.next + name, made]]
  const [, places, rows] = made.node.inputs
  const asGiven = places!.node!.inputs[0]! // before the cast to the whole numbers that ONNX demands
  return [[portNames.rows + name, rows!], [portNames.places + name, asGiven]] // prettier-ignore
}

const recorderName = 'captune-recorder'
/** The values behind the tensors of the step being recorded. */
let values = new WeakMap<object, Value>()
let recording: Simplifier | undefined

function active(): Simplifier {
  if (recording === undefined) throw new Error('a tensor of a recorded step is used outside of the step')
  return recording
}

function valueOf({ dataId }: { dataId: object }): Value {
  const value = values.get(dataId)
  if (value === undefined)
    throw new Error('a recorded step uses a tensor made outside of it; pass it as an input, state or frozen weight')
  return value
}

function infoOf(value: Value): TensorInfo {
  const dataId = {}
  values.set(dataId, value)
  return { dataId, shape: [...value.shape], dtype: value.dtype as DataType }
}

function placeholders(specs: Specs, make: (name: string, spec: ArraySpec) => Value): Tensors {
  const tensor = ([name, spec]: [string, ArraySpec]) => [name, tf.engine().makeTensorFromTensorInfo(infoOf(make(name, spec)))]
  return Object.fromEntries(Object.entries(specs).map(tensor)) as Tensors
}

/** Synchronous for a backend that is already there, as the recorder and every initialised engine are. */
export function useBackend(name: string): void {
  if (name === recorderName && !tf.engine().backendNames().includes(name)) registerRecorder()
  if (tf.getBackend() !== name) void tf.setBackend(name)
}

// A class because tfjs demands one.
class RecorderBackend extends tf.KernelBackend {
  override write(data: BackendValues, shape: number[], dtype: DataType): object {
    const given = data as ArrayLike<number>
    const first = Number(given[0])
    const to = active()
    const uniform = given.length > 0 && Array.prototype.every.call(given, (value) => Object.is(Number(value), first))
    const made = uniform ? to.fill(first, dtype as ElementType, shape) : to.builder.constant(dtype as ElementType, shape, given)
    return infoOf(made).dataId
  }
  override readSync(): never {
    throw new Error(
      'a recorded step asks for the values of a tensor; what depends on values must be computed by ops or be an input',
    )
  }
  override read(): never {
    return this.readSync()
  }
  override disposeData(): boolean {
    return true
  }
  override refCount(): number {
    return 1
  }
  override incRef(): void {
    // Every tensor has its own data here.
  }
  override numDataIds(): number {
    return 0
  }
  override memory(): { unreliable: boolean } {
    return { unreliable: true }
  }
  override floatPrecision(): 16 | 32 {
    return 32
  }
  override epsilon(): number {
    return 1e-7
  }
  override dispose(): void {
    // Nothing is held.
  }
}

function registerRecorder(): void {
  tf.registerBackend(recorderName, () => new RecorderBackend(), 0)
  for (const [kernelName, kernel] of Object.entries(recorderKernels)) {
    tf.registerKernel({
      kernelName,
      backendName: recorderName,
      kernelFunc({ inputs, attrs }) {
        const x = Object.fromEntries(
          Object.entries(inputs).flatMap(([name, info]) => (info === undefined ? [] : [[name, valueOf(info)]])),
        )
        const made = kernel(active(), x, attrs ?? {})
        return Array.isArray(made) ? made.map(infoOf) : infoOf(made as Value)
      },
    })
  }
}
