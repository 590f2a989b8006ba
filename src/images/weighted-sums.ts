// Sums of bytes with weights of 22-bit fixed point, in whole numbers as Pillow adds them (Resample.c): where resizing spends its time,
// so in WebAssembly, four sums at once.
import { assembled, loopMemory, wasm, type AssembledFunction, type LoopMemory } from '../base/web-assembly.ts'

/** For each of some outputs the first input it looks at, how many, and their weights (`taps` places each). */
export interface Weights {
  readonly taps: number
  readonly first: Int32Array
  readonly count: Int32Array
  readonly weight: Int32Array
}

export const fractionBits = 22

/** `height` rows of RGB pixels, `stride` bytes each, from byte `from` of `source` on: each becomes a row of weighted sums of its pixels. */
export function sumsOfPixels(source: Uint8Array, from: number, stride: number, height: number, weights: Weights): Uint8Array {
  const { taps, first, count, weight } = weights
  const newStride = first.length * 3
  const perOutput = 4 * first.length
  const { places, room } = layout(perOutput, perOutput, 4 * weight.length, stride, newStride * height)
  const [starts, ends, factors, row, sums] = places
  const { memory, pixels } = deskWith(room)
  const ints = new Int32Array(memory.buffer)
  const bytes = new Uint8Array(memory.buffer)
  ints.set(first.map((pixel) => row + pixel * 3), starts / 4) // prettier-ignore
  ints.set(count.map((each, i) => factors + 4 * (i * taps + each)), ends / 4) // prettier-ignore
  ints.set(weight, factors / 4)
  for (let y = 0; y < height; y++) {
    bytes.set(source.subarray(from + y * stride, from + (y + 1) * stride), row)
    pixels(starts, ends, factors, 4 * taps, sums + y * newStride, sums + (y + 1) * newStride)
  }
  return bytes.slice(sums, sums + newStride * height)
}

/** Rows of `stride` bytes: each output is a weighted sum of rows. Row 0 of `source` is row `top` of those that the weights speak of. */
export function sumsOfRows(source: Uint8Array, stride: number, top: number, { taps, first, count, weight }: Weights): Uint8Array {
  const height = first.length
  const { places, room } = layout(4 * weight.length, source.length, stride * height)
  const [factors, rows, sums] = places
  const { memory, rows: sumRow } = deskWith(room)
  const bytes = new Uint8Array(memory.buffer)
  new Int32Array(memory.buffer).set(weight, factors / 4)
  bytes.set(source, rows)
  for (let y = 0; y < height; y++) {
    const own = factors + 4 * y * taps
    sumRow(rows + (first[y]! - top) * stride, stride, own, own + 4 * count[y]!, sums + y * stride, sums + (y + 1) * stride)
  }
  return bytes.slice(sums, sums + stride * height)
}

/** Where parts of so many bytes lie, and the bytes of all: a vector that is read or written may reach beyond a part's end. */
function layout<const Sizes extends readonly number[]>(...sizes: Sizes) {
  let room = 0
  const places = sizes.map((size) => {
    const place = room
    room += 16 * Math.ceil((size + 16) / 16)
    return place
  })
  return { places: places as { readonly [Part in keyof Sizes]: number }, room }
}

interface Desk {
  readonly memory: LoopMemory
  readonly pixels: (...given: number[]) => void
  readonly rows: (...given: number[]) => void
}

let desk: Desk | undefined

/** The desk, a larger one where it has no room; what lies on it is nobody's. */
function deskWith(room: number): Desk {
  if (desk === undefined || desk.memory.buffer.byteLength < room) {
    const memory = loopMemory(room)
    desk = { memory, ...assembled({ pixels: rowOfPixels(), rows: rowOfRows() }, memory) }
  }
  return desk
}

const { get, set, tee, constant, add } = wasm

/** Sums begin at a half, so that cutting the fraction off rounds. */
const half = [...constant(1 << (fractionBits - 1)), ...wasm.splatInteger]
const whole = [...constant(fractionBits), ...wasm.shiftRight]

/** The sums of one row's pixels. Each output's pixels begin at an address in `starts`, its weights end at one in `ends`. */
function rowOfPixels(): AssembledFunction {
  const [starts, ends, weights, weightBytes, to, end, pixel, weight, sum] = [0, 1, 2, 3, 4, 5, 6, 7, 8]
  const advance = (local: number, bytes: number[]) => [...get(local), ...bytes, ...add, ...tee(local)]
  return {
    parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    locals: ['i32', 'i32', 'v128'],
    code: wasm.loopWhileBelow([
      ...[...half, ...set(sum)],
      ...[...get(starts), ...wasm.load, ...set(pixel)],
      ...[...get(weights), ...set(weight)],
      ...wasm.loopWhileBelow([
        ...[...get(pixel), ...wasm.loadFourBytes, ...wasm.lowerBytes, ...wasm.lowerShorts], // red, green, blue, and what is next to them
        ...[...get(weight), ...wasm.loadSplat, ...wasm.multiplyIntegers],
        ...[...get(sum), ...wasm.addIntegers, ...set(sum)],
        ...[...get(pixel), ...constant(3), ...add, ...set(pixel)],
        ...advance(weight, constant(4)),
        ...[...get(ends), ...wasm.load],
      ]),
      ...[...get(to), ...get(sum), ...whole, ...get(sum), ...wasm.toShorts, ...get(sum), ...wasm.toBytes, ...wasm.storeFourBytes],
      ...[...get(starts), ...constant(4), ...add, ...set(starts)],
      ...[...get(ends), ...constant(4), ...add, ...set(ends)],
      ...[...get(weights), ...get(weightBytes), ...add, ...set(weights)],
      ...advance(to, constant(3)),
      ...get(end),
    ]),
  }
}

/** One row of sums of rows, from byte `from` on, sixteen bytes at a time. */
function rowOfRows(): AssembledFunction {
  const [from, stride, weights, weightsEnd, to, end, row, weight, bytes, factor, sums] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
  const quarters = [0, 1, 2, 3].map((quarter) => [
    ...[...get(bytes), ...(quarter < 2 ? wasm.lowerBytes : wasm.upperBytes)],
    ...(quarter % 2 === 0 ? wasm.lowerShorts : wasm.upperShorts),
  ])
  const shorts = (first: number) => [...get(sums + first), ...whole, ...get(sums + first + 1), ...whole, ...wasm.toShorts]
  return {
    parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    locals: ['i32', 'i32', 'v128', 'v128', 'v128', 'v128', 'v128', 'v128'],
    code: wasm.loopWhileBelow([
      ...quarters.flatMap((_, i) => [...half, ...set(sums + i)]),
      ...[...get(from), ...set(row), ...get(weights), ...set(weight)],
      ...wasm.loopWhileBelow([
        ...[...get(row), ...wasm.loadVector, ...set(bytes)],
        ...[...get(weight), ...wasm.loadSplat, ...set(factor)],
        ...quarters.flatMap((quarter, i) => [
          ...[...quarter, ...get(factor), ...wasm.multiplyIntegers],
          ...[...get(sums + i), ...wasm.addIntegers, ...set(sums + i)],
        ]),
        ...[...get(row), ...get(stride), ...add, ...set(row)],
        ...[...get(weight), ...constant(4), ...add, ...tee(weight)],
        ...get(weightsEnd),
      ]),
      ...[...get(to), ...shorts(0), ...shorts(2), ...wasm.toBytes, ...wasm.storeVector],
      ...[...get(from), ...constant(16), ...add, ...set(from)],
      ...[...get(to), ...constant(16), ...add, ...tee(to)],
      ...get(end),
    ]),
  }
}
