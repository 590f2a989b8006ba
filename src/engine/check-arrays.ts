// The checks of names, types and shapes that every engine makes. What fails here is a fault of the program, not of the user.
import { shapeText } from '../base/nd-array.ts'
import type { NamedArrays } from '../base/nd-array.ts'
import type { ArraySpec, State, Tensors } from './engine.ts'
import { sameShape } from './graph.ts'

type Specs = Readonly<Record<string, ArraySpec>>

/** Throws where an input of `label` is missing, unknown, or of another type or shape. */
export function checkInputs(label: string, specs: Specs, inputs: NamedArrays): void {
  for (const name of Object.keys(specs)) if (!Object.hasOwn(inputs, name)) throw new Error(`${label}: input ${name} is missing`)
  for (const [name, array] of Object.entries(inputs)) checkOne(`${label}: input ${name}`, specs[name], array)
}

/** Throws where `values` has a name that the state lacks, or another type or shape. */
export function checkState(specs: Specs, values: NamedArrays): void {
  for (const [name, array] of Object.entries(values)) checkOne(`state ${name}`, specs[name], array)
}

/** Throws where a step made state that it was not given, or of another type or shape. */
export function checkMadeState(label: string, specs: Specs, made: Tensors): void {
  for (const [name, tensor] of Object.entries(made)) checkOne(`${label}: new state ${name}`, specs[name], tensor)
}

function checkOne(
  what: string,
  spec: ArraySpec | undefined,
  found: { readonly dtype: string; readonly shape: readonly number[] },
): void {
  if (spec === undefined) throw new Error(`${what} is unknown`)
  if (found.dtype !== spec.dtype || !sameShape(found.shape, spec.shape))
    throw new Error(`${what} is ${found.dtype} ${shapeText(found.shape)}; ${spec.dtype} ${shapeText(spec.shape)} is needed`)
}

/** The types and shapes of arrays. */
export function specsOf(values: NamedArrays): Record<string, ArraySpec> {
  return Object.fromEntries(Object.entries(values).map(([name, { dtype, shape }]) => [name, { dtype, shape }]))
}

/** Which state holds each name; throws where two hold the same. */
export function holders<Held extends State>(label: string, states: readonly Held[]): Map<string, Held> {
  const found = new Map<string, Held>()
  for (const state of states)
    for (const name of Object.keys(state.specs)) {
      if (found.has(name)) throw new Error(`${label}: two states hold ${name}`)
      found.set(name, state)
    }
  return found
}
