// Small loops over plain memory as WebAssembly with SIMD, assembled here: several times as fast as in JavaScript, and the same in every bit.
// Numbers of sections and instructions are those of https://webassembly.github.io/spec/core/binary.

// What is used of it: Node's types leave it out.
const { Memory, Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyParts }).WebAssembly

interface WebAssemblyParts {
  readonly Memory: new (pages: { initial: number; maximum: number }) => LoopMemory
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: Record<string, (...given: number[]) => void> }
}

/** Memory of a fixed size that loops run over. */
export interface LoopMemory {
  readonly buffer: ArrayBuffer
}

const page = 65_536

/** What a memory can hold, but for the last page. */
export const mostBytes = 2 ** 32 - page

/** Zeros, at least so many bytes. */
export function loopMemory(bytes: number): LoopMemory {
  const pages = Math.max(1, Math.ceil(bytes / page))
  return new Memory({ initial: pages, maximum: pages })
}

const types = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const
export type ValueType = keyof typeof types

export interface AssembledFunction {
  readonly parameters: readonly ValueType[]
  /** Numbered on from the parameters. */
  readonly locals: readonly ValueType[]
  readonly code: readonly number[]
}

/** The functions over `memory`, by their names. They return nothing. */
export function assembled<Name extends string>(
  functions: Readonly<Record<Name, AssembledFunction>>,
  memory: LoopMemory,
): Record<Name, (...given: number[]) => void> {
  return new Instance(new Module(moduleOf(functions)), { host: { memory } }).exports
}

function moduleOf(functions: Readonly<Record<string, AssembledFunction>>): Uint8Array {
  const all = Object.entries(functions)
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic number and version
    ...section(1, vector(all.map(([, { parameters }]) => [0x60, ...vector(parameters.map((type) => [types[type]])), 0x00]))),
    ...section(2, vector([[...text('host'), ...text('memory'), 0x02, 0x00, ...unsigned(0)]])), // memory of any size
    ...section(3, vector(all.map((_, i) => unsigned(i)))),
    ...section(7, vector(all.map(([name], i) => [...text(name), 0x00, ...unsigned(i)]))),
    ...section(
      10,
      vector(all.map(([, { locals, code }]) => sized([...vector(locals.map((type) => [1, types[type]])), ...code, 0x0b]))),
    ),
  ])
}

const simd = (instruction: number) => [0xfd, ...unsigned(instruction)]
const anywhere = [0, 0] // alignment is a hint; at offset 0
const aligned = [4, 0] // to 2^4 bytes

/** Instructions. Operands are on the stack in the order in which they are named, the address first. */
export const wasm = {
  get: (local: number) => [0x20, ...unsigned(local)],
  set: (local: number) => [0x21, ...unsigned(local)],
  /** Sets and keeps the value on the stack. */
  tee: (local: number) => [0x22, ...unsigned(local)],
  constant: (value: number) => [0x41, ...signed(value)],
  add: [0x6a],
  load: [0x28, ...anywhere],
  /** Runs `code` again and again while it leaves the smaller of two addresses below the other. */
  loopWhileBelow: (code: readonly number[]) => [0x03, 0x40, ...code, 0x49, 0x0d, 0x00, 0x0b],

  loadVector: [...simd(0x00), ...anywhere],
  loadAlignedVector: [...simd(0x00), ...aligned],
  storeVector: [...simd(0x0b), ...anywhere],
  storeAlignedVector: [...simd(0x0b), ...aligned],
  /** Four bytes, and zeros behind them. */
  loadFourBytes: [...simd(0x5c), ...anywhere],
  /** The first four bytes of a vector. */
  storeFourBytes: [...simd(0x5a), ...anywhere, 0],
  /** One number of 32 bits in all four places. */
  loadSplat: [...simd(0x09), ...anywhere],
  splatInteger: simd(0x11),
  splatFloat: simd(0x13),
  /** Sixteen bytes to eight numbers of 16 bits, and those to four of 32: of the lower or the upper half. */
  lowerBytes: simd(0x89),
  upperBytes: simd(0x8a),
  lowerShorts: simd(0xa9),
  upperShorts: simd(0xaa),
  /** Two vectors to one of half the bits: numbers that do not fit become the nearest that does, bytes 0 or 255. */
  toShorts: simd(0x85),
  toBytes: simd(0x66),
  addIntegers: simd(0xae),
  multiplyIntegers: simd(0xb5),
  /** By a number of bits, with the sign. */
  shiftRight: simd(0xac),
  sqrt: simd(0xe3),
  addFloats: simd(0xe4),
  subtractFloats: simd(0xe5),
  multiplyFloats: simd(0xe6),
  divideFloats: simd(0xe7),
} as const

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

/** LEB128 of two's complement. */
function signed(value: number): number[] {
  return value >= -64 && value < 64 ? [value & 127] : [(value & 127) | 128, ...signed(value >> 7)]
}
