// How a model gets its parameters: it asks a scope for them by the checkpoint's names. The same model code thereby runs on frozen
// weights, on trained state, and on a scope that only writes down what was asked for.
import type { Tensor } from '../engine/ops.ts'

/** How a parameter starts where it is trained from nothing. */
export type Init =
  | 'zeros'
  | 'ones'
  | { readonly constant: number }
  /** Normal around zero with this standard deviation. */
  | { readonly normal: number }
  /** Uniform in [-uniform, uniform). */
  | { readonly uniform: number }

export interface ParameterSpec {
  readonly name: string
  readonly shape: readonly number[]
  readonly init: Init
}

export interface Scope {
  /** The parameter `name` below this scope; throws where it is missing or has another shape. */
  parameter(name: string, shape: readonly number[], init: Init): Tensor
  /** The scope below: `scope.at('h.0').at('attn')`. */
  at(name: string): Scope
}

/** A scope over tensors at hand, by full name. */
export function bind(tensors: Readonly<Record<string, Tensor>>, prefix = ''): Scope {
  return {
    parameter(name, shape) {
      const tensor = tensors[prefix + name]
      if (tensor === undefined) throw new Error(`parameter ${prefix + name} is missing; [${shape.join(', ')}] is needed`)
      if (tensor.shape.join() !== shape.join())
        throw new Error(`parameter ${prefix + name} has shape [${tensor.shape.join(', ')}]; [${shape.join(', ')}] is needed`)
      return tensor
    },
    at: (name) => bind(tensors, `${prefix}${name}.`),
  }
}

/** Writes down every parameter that `build` asks for, in order. What it is given has a shape and no values: build, never compute. */
export function declared(build: (scope: Scope) => unknown): ParameterSpec[] {
  const specs: ParameterSpec[] = []
  const at = (prefix: string): Scope => ({
    parameter(name, shape, init) {
      specs.push({ name: prefix + name, shape, init })
      return shapeOnly(shape)
    },
    at: (name) => at(`${prefix}${name}.`),
  })
  build(at(''))
  return specs
}

/** A scope whose parameters have shapes and no values: for a frozen model of which only the structure is wanted. */
export const shapesOnly: Scope = {
  parameter: (_name, shape) => shapeOnly(shape),
  at: () => shapesOnly,
}

function shapeOnly(shape: readonly number[]): Tensor {
  return { shape: [...shape], dtype: 'float32', rank: shape.length } as unknown as Tensor
}
