// Reads Python's pickle format without running anything of it: a stack machine over plain values (opcodes as in Python's pickletools).
// Classes and functions come from the caller's allow-list; every other name is refused. Work and memory are bounded by what was read.
import { CheckpointError } from './checkpoint-error.ts'
import type { Cursor } from './cursor.ts'
import { ofKind } from './pickled.ts'
import type { Pickled, PickledGlobal, Wrong } from './pickled.ts'

export interface Unpickling {
  /** The class or function of that dotted name, or undefined where it is not allowed. */
  readonly global: (name: string) => PickledGlobal | undefined
  /** The object that lives outside the pickle. */
  readonly persistent: (id: Pickled) => Pickled | Wrong
}

const mostSteps = 2_000_000 // a checkpoint of 300 tensors has 10 000; each makes one value at most
const longestText = 2 ** 24

interface Machine extends Unpickling {
  readonly cursor: Cursor
  readonly stack: Pickled[]
  /** Heights of the stack at the open marks. */
  readonly marks: number[]
  readonly memo: Map<number, Pickled>
  /** Offset of the running instruction. */
  at: number
}

/** The value of the pickle at the cursor, which is left behind its end. Throws CheckpointError. */
export function unpickle(cursor: Cursor, allowed: Unpickling): Pickled {
  const machine: Machine = { ...allowed, cursor, stack: [], marks: [], memo: new Map(), at: 0 }
  for (let steps = 0; steps < mostSteps; steps++) {
    machine.at = cursor.position()
    const opcode = cursor.byte()
    if (opcode === stop) return pop(machine)
    const run = instructions.get(opcode)
    if (run === undefined) throw fault(machine, `instruction 0x${opcode.toString(16)}, which no checkpoint uses`)
    run(machine)
  }
  throw fault(machine, `more than ${mostSteps} instructions`)
}

function fault({ cursor, at }: Machine, found: string): CheckpointError {
  return new CheckpointError(
    `${cursor.where}: the pickle has ${found}, at offset ${at}; a file that \`torch.save\` wrote is needed.`,
  )
}

const stop = 0x2e

const instructions = new Map<number, (machine: Machine) => void>([
  [0x80, (m) => checkProtocol(m, m.cursor.byte())], // PROTO
  [0x95, (m) => void m.cursor.take(8)], // FRAME: a hint for readers that buffer
  [0x4e, (m) => push(m, null)], // NONE
  [0x88, (m) => push(m, true)], // NEWTRUE
  [0x89, (m) => push(m, false)], // NEWFALSE
  [0x4b, (m) => push(m, m.cursor.byte())], // BININT1
  [0x4d, (m) => push(m, view(m, 2).getUint16(0, true))], // BININT2
  [0x4a, (m) => push(m, view(m, 4).getInt32(0, true))], // BININT
  [0x8a, (m) => push(m, whole(m.cursor.take(m.cursor.byte())))], // LONG1
  [0x47, (m) => push(m, view(m, 8).getFloat64(0, false))], // BINFLOAT
  [0x58, (m) => push(m, text(m, uint32(m)))], // BINUNICODE
  [0x8c, (m) => push(m, text(m, m.cursor.byte()))], // SHORT_BINUNICODE
  [0x5d, (m) => push(m, { kind: 'list', items: [] })], // EMPTY_LIST
  [0x7d, (m) => push(m, { kind: 'dict', entries: new Map() })], // EMPTY_DICT
  [0x29, (m) => push(m, tuple([]))], // EMPTY_TUPLE
  [0x28, (m) => void m.marks.push(m.stack.length)], // MARK
  [0x74, (m) => push(m, tuple(sinceMark(m)))], // TUPLE
  [0x85, (m) => push(m, tuple(last(m, 1)))], // TUPLE1
  [0x86, (m) => push(m, tuple(last(m, 2)))], // TUPLE2
  [0x87, (m) => push(m, tuple(last(m, 3)))], // TUPLE3
  [0x61, (m) => append(m, last(m, 1))], // APPEND
  [0x65, (m) => append(m, sinceMark(m))], // APPENDS
  [0x73, (m) => setItems(m, last(m, 2))], // SETITEM
  [0x75, (m) => setItems(m, sinceMark(m))], // SETITEMS
  [0x71, (m) => memoise(m, m.cursor.byte())], // BINPUT
  [0x72, (m) => memoise(m, uint32(m))], // LONG_BINPUT
  [0x94, (m) => memoise(m, m.memo.size)], // MEMOIZE
  [0x68, (m) => recall(m, m.cursor.byte())], // BINGET
  [0x6a, (m) => recall(m, uint32(m))], // LONG_BINGET
  [0x63, (m) => push(m, globalNamed(m, m.cursor.line(), m.cursor.line()))], // GLOBAL
  [0x93, (m) => push(m, globalNamed(m, ...(last(m, 2) as [Pickled, Pickled])))], // STACK_GLOBAL
  [0x52, (m) => push(m, call(m, ...(last(m, 2) as [Pickled, Pickled])))], // REDUCE
  [0x81, (m) => push(m, call(m, ...(last(m, 2) as [Pickled, Pickled])))], // NEWOBJ
  [0x62, build], // BUILD
  [0x51, (m) => push(m, sound(m, m.persistent(pop(m))))], // BINPERSID
])

function checkProtocol(machine: Machine, protocol: number): void {
  if (protocol < 2 || protocol > 5) throw fault(machine, `protocol ${protocol}`)
}

function push(machine: Machine, value: Pickled): void {
  machine.stack.push(value)
}

/** Takes the topmost value above the last mark. */
function pop(machine: Machine): Pickled {
  return last(machine, 1)[0]!
}

function last(machine: Machine, count: number): Pickled[] {
  if (machine.stack.length - (machine.marks.at(-1) ?? 0) < count) throw fault(machine, 'too few values for an instruction')
  return machine.stack.splice(-count)
}

function sinceMark(machine: Machine): Pickled[] {
  const mark = machine.marks.pop()
  if (mark === undefined) throw fault(machine, 'no mark for an instruction that needs one')
  return machine.stack.splice(mark)
}

const tuple = (items: Pickled[]): Pickled => ({ kind: 'tuple', items })

function top(machine: Machine): Pickled {
  if (machine.stack.length <= (machine.marks.at(-1) ?? 0)) throw fault(machine, 'too few values for an instruction')
  return machine.stack.at(-1)!
}

function append(machine: Machine, items: readonly Pickled[]): void {
  const list = ofKind(top(machine), 'list')
  if (list === undefined) throw fault(machine, 'values appended to what is no list')
  for (const item of items) list.items.push(item)
}

function setItems(machine: Machine, items: readonly Pickled[]): void {
  const dict = ofKind(top(machine), 'dict')
  if (dict === undefined || items.length % 2 !== 0) throw fault(machine, 'items set in what is no dict')
  for (let i = 0; i < items.length; i += 2) dict.entries.set(items[i]!, items[i + 1]!)
}

function memoise(machine: Machine, index: number): void {
  machine.memo.set(index, top(machine))
}

function recall(machine: Machine, index: number): void {
  const value = machine.memo.get(index)
  if (value === undefined) throw fault(machine, `memo ${index}, which was never filled`)
  push(machine, value)
}

function globalNamed(machine: Machine, module: Pickled, name: Pickled): PickledGlobal {
  const full = typeof module === 'string' && typeof name === 'string' ? `${module}.${name}` : 'a name that is no text'
  const found = machine.global(full)
  if (found === undefined)
    throw new CheckpointError(
      `${machine.cursor.where}: the pickle asks for \`${printable(full)}\` at offset ${machine.at}; only tensors and plain values are read, and nothing of the file was run.`,
    )
  return found
}

/** A name of a stranger's file, fit for a terminal. */
function printable(name: string): string {
  return name.replace(/[^\x20-\x7e]/g, '?').slice(0, 200)
}

function call(machine: Machine, callable: Pickled, given: Pickled): Pickled {
  const called = ofKind(callable, 'global')
  const list = ofKind(given, 'tuple')
  if (called === undefined || list === undefined) throw fault(machine, 'a call of what is no function')
  return sound(machine, called.call(list.items), called.name)
}

function sound(machine: Machine, value: Pickled | Wrong, name = 'a persistent id'): Pickled {
  if (typeof value === 'object' && value?.kind === 'wrong') throw fault(machine, `\`${name}\` with ${value.found}`)
  return value
}

/** Attributes matter for records alone; those of a dict (`_metadata`), a tensor or a dtype hold no weights. */
function build(machine: Machine): void {
  const state = pop(machine)
  const record = ofKind(top(machine), 'record')
  if (record === undefined) return
  record.attributes = ofKind(state, 'dict')
}

function view({ cursor }: Machine, length: number): DataView {
  const bytes = cursor.take(length)
  return new DataView(bytes.buffer, bytes.byteOffset, length)
}

const uint32 = (machine: Machine) => view(machine, 4).getUint32(0, true)

function text(machine: Machine, length: number): string {
  if (length > longestText) throw fault(machine, `a text of ${length} bytes`)
  return Buffer.from(machine.cursor.take(length)).toString('utf8')
}

/** Two's complement, little-endian; a bigint only where a number cannot hold it. */
function whole(bytes: Uint8Array): number | bigint {
  const hexadecimal = Buffer.from(bytes).reverse().toString('hex')
  const value = bytes.length === 0 ? 0n : BigInt.asIntN(8 * bytes.length, BigInt(`0x${hexadecimal}`))
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}
