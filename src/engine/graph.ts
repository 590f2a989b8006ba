// A recorded computation as plain data: what the recorder makes, the printer shows and the ONNX writer encodes.
import type { Loop } from './elementwise-loop.ts'

/** `int64` appears only where ONNX demands it: shapes, axes and the like; `int8` only in rounded weights. */
export type ElementType = 'float32' | 'int32' | 'int64' | 'bool' | 'int8' | 'uint8'

export interface ArrayType {
  readonly dtype: ElementType
  readonly shape: readonly number[]
}

/** A named array that enters or leaves a graph. */
export interface Port extends ArrayType {
  readonly name: string
}

/** A constant: `int64` values are held as numbers, `bool` values as 0 and 1. */
export interface Constant extends Port {
  readonly data: ArrayLike<number>
}

/** A whole number, whole numbers, a real number or a text. */
export type Attribute = number | readonly number[] | { readonly float: number } | string

export type Attributes = Readonly<Record<string, Attribute>>

/** `['forward', 'captionLogits', 'blockForward', 'mlp', 'geluTanh']`: first the phase, then functions from the outermost to the innermost. */
export type CodePlace = readonly [phase: 'forward' | 'gradient' | 'optimizer', ...functions: string[]]

export interface GraphNode {
  /** An ONNX operator; `com.microsoft.` in front of onnxruntime's own. */
  readonly op: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Attributes
  /** Where in the code it comes from, if that was asked for. */
  readonly place?: CodePlace
}

/** A loop over state and over arrays that leave the graph, by their ports. */
export interface Update {
  readonly loop: Loop
  readonly size: number
  /** `state:` or `part:` ports. */
  readonly arrays: readonly string[]
  /** Numbers, and `part:` ports of one value. */
  readonly scalars: readonly (number | string)[]
}

/** Nodes stand in an order in which they can run; everything in a graph is needed for its outputs. */
export interface Graph {
  readonly label: string
  readonly inputs: readonly Port[]
  /** Weights: their values are given when the graph is written as a model. */
  readonly weights: readonly Port[]
  readonly constants: readonly Constant[]
  readonly nodes: readonly GraphNode[]
  readonly outputs: readonly Port[]
  /** Of every array in it, by name. */
  readonly types: ReadonlyMap<string, ArrayType>
  /** What is done to state after each run, with what left the graph. */
  readonly updates: readonly Update[]
}

/** The shape that arrays of `shapes` broadcast to, as NumPy does it; throws where they do not fit. */
export function broadcastShape(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length))
  return Array.from({ length: rank }, (_, axis) => {
    const sides = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1).filter((side) => side !== 1)
    if (new Set(sides).size > 1)
      throw new Error(`shapes [${shapes.map((shape) => shape.join(', ')).join('] and [')}] do not broadcast`)
    return sides[0] ?? 1
  })
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((side, axis) => side === b[axis])
}
