// Elementwise arithmetic on arrays as one loop of WebAssembly, four values at a time: each array is read and written once, in place,
// where a graph would pass over memory for every operation. Every operation rounds as IEEE 754 says, so as in any graph.

/** A value in a loop: an array's element, a scalar, or what an earlier step made; by index. */
export type Operand = readonly [kind: 'array' | 'scalar' | 'step', index: number]

export type LoopOp = 'Add' | 'Sub' | 'Mul' | 'Div' | 'Sqrt'

/** What is done at each place of arrays of one size. */
export interface Loop {
  readonly arrays: number
  readonly scalars: number
  readonly steps: readonly { readonly op: LoopOp; readonly operands: readonly Operand[] }[]
  /** Arrays that are overwritten, and with which step's values. */
  readonly results: readonly { readonly array: number; readonly step: number }[]
}

/** Runs over `count` places of arrays at addresses that are multiples of 16; what lies up to the next multiple of 16 is overwritten too. */
export type RunLoop = (addresses: readonly number[], scalars: readonly number[], count: number) => void

/** Memory of a fixed size that loops run over. */
export interface LoopMemory {
  readonly buffer: ArrayBuffer
}

// What is used of it: Node's types leave it out.
const { Memory, Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyParts }).WebAssembly

interface WebAssemblyParts {
  readonly Memory: new (pages: { initial: number; maximum: number }) => LoopMemory
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: { readonly run: (...given: number[]) => void } }
}

const page = 65_536

/** What a memory can hold, but for the last page. */
export const mostBytes = 2 ** 32 - page

/** Zeros. */
export function loopMemory(bytes: number): LoopMemory {
  const pages = Math.max(1, Math.ceil(bytes / page))
  return new Memory({ initial: pages, maximum: pages })
}

/** The loop as a function over `memory`. */
export function elementwiseLoop(loop: Loop, memory: LoopMemory): RunLoop {
  const { run } = new Instance(new Module(moduleOf(loop)), { host: { memory } }).exports
  return (addresses, scalars, count) => run(...addresses, ...scalars, count * 4)
}

// https://webassembly.github.io/spec/core/binary
const [i32, f32, v128] = [0x7f, 0x7d, 0x7b]
const simd = 0xfd
const opcodes: Readonly<Record<LoopOp, readonly number[]>> = {
  Sqrt: [simd, 0xe3, 0x01],
  Add: [simd, 0xe4, 0x01],
  Sub: [simd, 0xe5, 0x01],
  Mul: [simd, 0xe6, 0x01],
  Div: [simd, 0xe7, 0x01],
}
const aligned = [4, 0] // to 2^4 bytes, at offset 0

function moduleOf(loop: Loop): Uint8Array {
  const parameters = [...Array<number>(loop.arrays).fill(i32), ...Array<number>(loop.scalars).fill(f32), i32]
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic number and version
    ...section(1, vector([[0x60, ...vector(parameters.map((type) => [type])), 0x00]])), // the type of `run`
    ...section(2, vector([[...text('host'), ...text('memory'), 0x02, 0x00, ...unsigned(0)]])), // memory of any size
    ...section(3, vector([[0]])),
    ...section(7, vector([[...text('run'), 0x00, 0x00]])),
    ...section(10, vector([sized(bodyOf(loop))])),
  ])
}

function bodyOf({ arrays, scalars, steps, results }: Loop): number[] {
  const length = arrays + scalars // the last parameter, in bytes
  const at = length + 1
  const elements = at + 1
  const spread = elements + arrays
  const made = spread + scalars
  const load = ([kind, index]: Operand) => local(0x20, { array: elements, scalar: spread, step: made }[kind] + index)
  const address = (array: number) => [...local(0x20, array), ...local(0x20, at), 0x6a]
  const each = (count: number, code: (index: number) => number[]) => Array.from({ length: count }, (_, i) => code(i)).flat()
  return [
    ...vector([[...unsigned(1), i32], [...unsigned(arrays + scalars + steps.length), v128]]), // prettier-ignore
    ...each(scalars, (i) => [...local(0x20, arrays + i), simd, 0x13, ...local(0x21, spread + i)]),
    ...[0x03, 0x40], // loop
    ...each(arrays, (i) => [...address(i), simd, 0x00, ...aligned, ...local(0x21, elements + i)]),
    ...each(steps.length, (i) => [...steps[i]!.operands.flatMap(load), ...opcodes[steps[i]!.op], ...local(0x21, made + i)]),
    ...results.flatMap(({ array, step }) => [...address(array), ...load(['step', step]), simd, 0x0b, ...aligned]),
    ...[...local(0x20, at), 0x41, 16, 0x6a, ...local(0x22, at)], // the next four
    ...[...local(0x20, length), 0x49, 0x0d, 0x00, 0x0b, 0x0b], // while before the end
  ]
}

function local(instruction: number, index: number): number[] {
  return [instruction, ...unsigned(index)]
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...sized(content)]
}

function sized(content: readonly number[]): number[] {
  return [...unsigned(content.length), ...content]
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()]
}

function text(characters: string): number[] {
  return sized([...Buffer.from(characters)])
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...unsigned(Math.floor(value / 128))]
}
