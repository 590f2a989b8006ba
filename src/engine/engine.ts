// The single seam between model code and whatever computes it.
import type { NamedArrays } from '../base/nd-array.ts'
import type { Tensor } from './ops.ts'

export type EngineName = 'onnx' | 'wasm' | 'tensorflow'

/** What products with weights are computed in, where a program says that it bears less than fp32. */
export type Precision = 'fp32' | 'int8'

/** Tensors by name. */
export type Tensors = Readonly<Record<string, Tensor>>

/** What a step is given: weights that never change, state that steps advance, and this call's inputs. */
export interface Given {
  readonly frozen: Tensors
  readonly state: Tensors
  readonly inputs: Tensors
}

/** What a step makes: new values for some of the state (the rest stays) and the outputs of this call. */
export interface Made {
  readonly state?: Tensors
  readonly outputs: Tensors
}

/** A pure function of tensors, written against `ops` alone: traced once on onnx, called each time on eager engines. */
export type Step = (given: Given) => Made

export interface ArraySpec {
  readonly dtype: 'float32' | 'int32'
  readonly shape: readonly number[]
}

/** Arrays that stay on the engine's side between steps; several programs may share one. */
export interface State {
  readonly specs: Readonly<Record<string, ArraySpec>>
  /** Copies the values to the host. */
  read(): Promise<NamedArrays>
  /** Replaces values by name; throws on an unknown name or another shape. */
  write(values: NamedArrays): void
  dispose(): void
}

/** A step made ready for fixed shapes. */
export interface Program {
  /** Runs the step once: returns its outputs, advances the state it was compiled with. Throws where an input is missing, unknown or misshapen. */
  run(inputs: NamedArrays): Promise<NamedArrays>
  /** Ends the timing of a program that was compiled to be timed; only engines that can time have it. */
  readonly times?: () => Promise<ProgramTimes>
  dispose(): Promise<void>
}

/** Milliseconds, in the mean over a program's runs but for the first two, which grow memory. */
export interface ProgramTimes {
  readonly runs: number
  /** Of a run in the engine's runtime: its operations, and what goes on between them. */
  readonly run: number
  readonly operations: readonly OperationTime[]
}

/** All operations of one kind and shape at one place. */
export interface OperationTime {
  /** `MatMul` */
  readonly op: string
  /** `640x768 768x3072 -> 640x3072` */
  readonly shapes: string
  /** Where in the code they come from: `forward`, `gradient` or `optimizer`, then functions from the outermost in. */
  readonly place: readonly string[]
  /** In a run. */
  readonly count: number
  readonly milliseconds: number
}

export interface CompileOptions {
  /** Names the program in messages and snapshots. */
  readonly label: string
  readonly frozen?: NamedArrays
  /** Their names must not collide. */
  readonly state?: readonly State[]
  readonly inputs: Readonly<Record<string, ArraySpec>>
  /** Products with frozen weights may be computed in the engine's precision; without it everything is fp32. */
  readonly approximate?: boolean
  /** Time every operation, which makes runs a little longer. */
  readonly timed?: boolean
}

export interface Engine {
  readonly name: EngineName
  /** One line for people and for the run's record: `onnx (onnxruntime-node 1.30.0, cpu, 2 threads)`. */
  readonly description: string
  /** The most threads that its operators, and what goes on beside them, may use. */
  readonly threads: number
  /** A state that starts with these values. They are not copied before they change, so whoever gives them must leave them as they are. */
  hold(values: NamedArrays): State
  compile(step: Step, options: CompileOptions): Promise<Program>
  dispose(): Promise<void>
}
