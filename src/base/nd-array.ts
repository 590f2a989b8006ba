// Arrays that live on the host: what files hold, what goes into an engine and what comes out of it.

export interface FloatArray {
  readonly dtype: 'float32'
  readonly shape: readonly number[]
  readonly data: Float32Array
}

export interface IntArray {
  readonly dtype: 'int32'
  readonly shape: readonly number[]
  readonly data: Int32Array
}

/** A dense row-major array. */
export type NdArray = FloatArray | IntArray

/** Arrays by name, in a fixed order: weights, trained state, the inputs of a step. */
export type NamedArrays = Readonly<Record<string, NdArray>>

/** Number of values in `shape`. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1)
}

/** A float32 array of `shape`, zeros unless `data` is given; throws where the two disagree. */
export function floats(shape: readonly number[], data: Float32Array = new Float32Array(sizeOf(shape))): FloatArray {
  if (data.length !== sizeOf(shape)) throw new Error(`${data.length} values for shape [${shape.join(', ')}]`)
  return { dtype: 'float32', shape, data }
}

/** An int32 array of `shape`, zeros unless `data` is given; throws where the two disagree. */
export function ints(shape: readonly number[], data: Int32Array = new Int32Array(sizeOf(shape))): IntArray {
  if (data.length !== sizeOf(shape)) throw new Error(`${data.length} values for shape [${shape.join(', ')}]`)
  return { dtype: 'int32', shape, data }
}

/** A scalar as an array of shape []. */
export function scalar(value: number): FloatArray {
  return floats([], Float32Array.of(value))
}

/** `[16, 768]` as text, for messages. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`
}
