// What a recorder kernel is: from the values behind a tfjs kernel's inputs to the values that it makes.
import type { Simplifier } from './simplify.ts'
import type { Value } from './graph-builder.ts'

/** tfjs's attributes of a kernel; each kernel says which it reads. */
export type KernelAttributes = Readonly<Record<string, unknown>>

/** `x` holds the inputs by tfjs's names, or by position where tfjs passes a list. */
export type Kernel = (
  to: Simplifier,
  x: Readonly<Record<string, Value>>,
  attributes: KernelAttributes,
) => Value | readonly Value[]

/** An axis counted from the front. */
export function fromFront(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis
}

/** The axes of a reduction: tfjs gives a number, a list, or nothing for all. */
export function axesOf(axis: unknown, rank: number): number[] {
  if (axis === undefined || axis === null) return Array.from({ length: rank }, (_, i) => i)
  const axes = typeof axis === 'number' ? [axis] : (axis as number[])
  return axes.map((each) => fromFront(each, rank))
}
