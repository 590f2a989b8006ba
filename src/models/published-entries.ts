// From the entries of a published file to our parameters: names, shapes and layout checked one by one. Published linear maps are mostly
// [outputs, inputs]; ours are [inputs, outputs], so they are transposed here, once.
import { floats, shapeText, sizeOf } from '../base/nd-array.ts'
import type { FloatArray, NamedArrays } from '../base/nd-array.ts'
import { CheckpointError } from '../checkpoint/checkpoint-error.ts'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import type { ParameterSpec } from '../nn/scope.ts'

/**
 * How a parameter lies in the published file: as ours is; with its values in the same order under another shape; or as a matrix
 * [outputs, inputs...] with any number of input axes, which is ours transposed.
 */
export type Layout = 'same' | { readonly reshaped: readonly number[] } | { readonly transposed: readonly number[] }

export interface Published {
  /** The published entries of our parameter: one, or several whose rows follow each other in it, as queries, keys and values. */
  readonly entriesOf: (parameter: string) => readonly string[]
  readonly layoutOf: (spec: ParameterSpec) => Layout
  /** Entries that carry no weights of ours. */
  readonly ignored: (entry: string) => boolean
}

/** The model that a file's sizes describe, and how the file names and lays out its parameters. */
export interface Expected<Shape> {
  readonly shape: Shape
  readonly specs: readonly ParameterSpec[]
  readonly published: Published
}

export interface Misfits {
  readonly missing: readonly { readonly name: string; readonly needed: readonly number[] }[]
  readonly unexpected: readonly { readonly name: string; readonly found: readonly number[] }[]
  readonly misshapen: readonly { readonly name: string; readonly found: readonly number[]; readonly needed: readonly number[] }[]
}

/** Where the file's entries differ from the parameters of `specs`. */
export function misfits(file: Checkpoint, specs: readonly ParameterSpec[], published: Published): Misfits {
  const wanted = new Map(
    specs.flatMap((spec) => published.entriesOf(spec.name).map((entry) => [entry, storedShape(spec, published)] as const)),
  )
  const present = new Set(file.names)
  const all = [...wanted].map(([name, needed]) => ({ name, needed }))
  return {
    missing: all.filter(({ name }) => !present.has(name)),
    unexpected: file.names
      .filter((name) => !wanted.has(name) && !published.ignored(name))
      .map((name) => ({ name, found: file.spec(name).shape })),
    misshapen: all
      .filter(({ name }) => present.has(name))
      .map(({ name, needed }) => ({ name, needed, found: file.spec(name).shape }))
      .filter(({ needed, found }) => shapeText(needed) !== shapeText(found)),
  }
}

/** Throws CheckpointError naming the first entry that is missing, misshapen or unexpected. */
export function requireFit(file: Checkpoint, specs: readonly ParameterSpec[], published: Published): void {
  const { missing, unexpected, misshapen } = misfits(file, specs, published)
  if (missing[0])
    throw new CheckpointError(
      `${file.path}: \`${missing[0].name}\` is missing${more(missing)}; shape ${shapeText(missing[0].needed)} is needed.`,
    )
  if (unexpected[0])
    throw new CheckpointError(
      `${file.path}: \`${unexpected[0].name}\` ${shapeText(unexpected[0].found)} is unexpected${more(unexpected)}; the model of this file's sizes has no such parameter.`,
    )
  if (misshapen[0]) requireShape(file, misshapen[0].name, misshapen[0].needed)
}

/** The parameters of `specs` from a file that they fit; reads their entries alone. */
export function readPublished(file: Checkpoint, specs: readonly ParameterSpec[], published: Published): NamedArrays {
  return Object.fromEntries(specs.map((spec) => [spec.name, fromPublished(file, spec, published)]))
}

const more = (all: readonly unknown[]) => (all.length > 1 ? ` (and ${all.length - 1} more)` : '')

/** Throws CheckpointError where an entry is missing or has another shape; -1 stands for any side. */
export function requireShape(file: Checkpoint, name: string, shape: readonly number[]): readonly number[] {
  if (!file.names.includes(name))
    throw new CheckpointError(`${file.path}: \`${name}\` is missing; the model cannot do without it.`)
  const found = file.spec(name).shape
  if (found.length !== shape.length || shape.some((side, i) => side !== -1 && side !== found[i]))
    throw new CheckpointError(`${file.path}: \`${name}\` has shape ${shapeText(found)}; ${sidesText(shape)} is needed.`)
  return found
}

const sidesText = (shape: readonly number[]) => `[${shape.map((side) => (side === -1 ? 'any' : side)).join(', ')}]`

/** The shape of each of a parameter's entries. */
function storedShape(spec: ParameterSpec, { entriesOf, layoutOf }: Published): readonly number[] {
  const [rows = 1, ...rest] = wholeShape(spec, layoutOf(spec))
  const parts = entriesOf(spec.name).length
  return parts === 1 ? wholeShape(spec, layoutOf(spec)) : [rows / parts, ...rest]
}

function wholeShape({ shape }: ParameterSpec, layout: Layout): readonly number[] {
  if (layout === 'same') return shape
  return 'reshaped' in layout ? layout.reshaped : layout.transposed
}

function fromPublished(file: Checkpoint, spec: ParameterSpec, { entriesOf, layoutOf }: Published): FloatArray {
  const parts = entriesOf(spec.name).map((entry) => {
    const array = file.read(entry)
    if (array.dtype === 'float32') return array.data
    throw new CheckpointError(`${file.path}: \`${entry}\` holds whole numbers; floating-point weights are needed.`)
  })
  const values = parts.length === 1 ? parts[0]! : joined(parts)
  const layout = layoutOf(spec)
  const turned = layout !== 'same' && 'transposed' in layout
  return floats(spec.shape, turned ? transposed(values, spec.shape[1]!) : values)
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let end = 0
  for (const part of parts) {
    whole.set(part, end)
    end += part.length
  }
  return whole
}

/** Our parameters as a published file lays them out. Throws where one is missing or misshapen. */
export function toPublished(weights: NamedArrays, specs: readonly ParameterSpec[], published: Published): NamedArrays {
  return Object.fromEntries(
    specs.map((spec) => {
      const array = weights[spec.name]
      if (array?.dtype !== 'float32' || array.data.length !== sizeOf(spec.shape))
        throw new Error(`parameter ${spec.name} is missing or misshapen; ${shapeText(spec.shape)} is needed`)
      const layout = published.layoutOf(spec)
      const turned = layout !== 'same' && 'transposed' in layout
      const values = turned ? transposed(array.data, spec.shape[0]!) : array.data
      return [onlyEntry(published, spec.name), floats(wholeShape(spec, layout), values)]
    }),
  )
}

/** The one entry of a parameter, where it is not in parts. */
export function onlyEntry({ entriesOf }: Published, parameter: string): string {
  const [entry, ...others] = entriesOf(parameter)
  if (entry === undefined || others.length > 0) throw new Error(`${parameter} is in ${others.length + 1} parts`)
  return entry
}

const block = 32 // blocks of source and target fit the fastest cache together; row by row, large maps take several times as long

// A matrix of `rows` rows, transposed.
function transposed(data: Float32Array, rows: number): Float32Array {
  const columns = data.length / rows
  const result = new Float32Array(data.length)
  for (let top = 0; top < rows; top += block)
    for (let left = 0; left < columns; left += block) {
      const bottom = Math.min(rows, top + block)
      const right = Math.min(columns, left + block)
      for (let row = top; row < bottom; row++)
        for (let column = left; column < right; column++) result[column * rows + row] = data[row * columns + column]!
    }
  return result
}

/** How many of `{prefix}{0, 1, 2, ...}.` the file has; at least one. */
export function countLayers(file: Checkpoint, prefix: string): number {
  const layers = file.names
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number.parseInt(name.slice(prefix.length), 10))
  return 1 + Math.max(0, ...layers.filter((layer) => Number.isInteger(layer)))
}

/** A whole number from the file's metadata; undefined where it has none. */
export function wholeNumber(file: Checkpoint, key: string): number | undefined {
  const text = file.metadata[key]
  if (text === undefined) return undefined
  if (!/^[1-9]\d*$/.test(text))
    throw new CheckpointError(`${file.path}: metadata \`${key}\` is "${text}"; a positive whole number is needed.`)
  return Number(text)
}

/** Throws CheckpointError where the heads do not divide the width; `from` says where their number was found. */
export function requireHeads(file: Checkpoint, heads: number, width: number, from: string): void {
  if (Number.isInteger(heads) && heads > 0 && width % heads === 0) return
  throw new CheckpointError(`${file.path}: ${heads} heads (${from}) do not divide the width ${width}; say how many there are.`)
}
