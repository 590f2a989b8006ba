// The header of a safetensors file, checked as if a stranger had written it: every entry has a known type, a shape, and bytes of its own,
// and together the entries cover the data exactly. Format: u64 length, JSON {name: {dtype, shape, data_offsets}, __metadata__}, data.
import { messageOf } from '../base/errors.ts'
import { CheckpointError } from './checkpoint-error.ts'
import { isStoredType, storedBytes, storedTypes } from './stored-type.ts'
import type { StoredType } from './stored-type.ts'

export interface Entry {
  readonly name: string
  readonly stored: StoredType
  readonly shape: readonly number[]
  /** First byte and the byte after the last, counted from the start of the data. */
  readonly begin: number
  readonly end: number
}

export interface Header {
  readonly metadata: Readonly<Record<string, string>>
  readonly entries: ReadonlyMap<string, Entry>
}

/** Checks the JSON `text` of a header for a file with `dataBytes` of data. Throws CheckpointError. */
export function parseHeader(path: string, text: string, dataBytes: number): Header {
  const raw = parseObject(path, text)
  const names = Object.keys(raw)
  if (names.includes('__proto__'))
    throw new CheckpointError(`${path}: the header has an entry \`__proto__\`, which no checkpoint needs; do not use this file.`)
  const entries = names.filter((name) => name !== '__metadata__').map((name) => checkedEntry(path, name, raw[name], dataBytes))
  const inOrder = entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)
  checkCoverage(path, inOrder, dataBytes)
  return { metadata: checkedMetadata(path, raw['__metadata__']), entries: new Map(inOrder.map((entry) => [entry.name, entry])) }
}

function parseObject(path: string, text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new CheckpointError(
      `${path}: the header is not valid JSON (${messageOf(error)}); the file is damaged or not safetensors.`,
    )
  }
  if (!isObject(value))
    throw new CheckpointError(`${path}: the header is not a JSON object; the file is damaged or not safetensors.`)
  return value
}

/** Metadata as a map of strings; {} where there is none. Throws CheckpointError. */
export function checkedMetadata(path: string, raw: unknown): Readonly<Record<string, string>> {
  if (raw === undefined) return {}
  if (!isObject(raw) || Object.hasOwn(raw, '__proto__') || !Object.values(raw).every((value) => typeof value === 'string'))
    throw new CheckpointError(`${path}: \`__metadata__\` is not a map of strings; the file is damaged.`)
  return raw as Record<string, string>
}

function checkedEntry(path: string, name: string, raw: unknown, dataBytes: number): Entry {
  const refuse = (found: string, needed: string) => new CheckpointError(`${path}: entry \`${name}\` has ${found}; ${needed}.`)
  if (!isObject(raw)) throw refuse('no description', 'an object with dtype, shape and data_offsets is needed')
  const { dtype, shape, data_offsets: offsets } = raw
  if (typeof dtype !== 'string' || !isStoredType(dtype))
    throw refuse(`dtype ${shown(dtype)}`, `one of ${storedTypes.join(', ')} is needed`)
  if (!isListOfCounts(shape) || shape.length > 32)
    throw refuse(`shape ${shown(shape)}`, 'a list of at most 32 whole numbers is needed')
  if (!isListOfCounts(offsets) || offsets.length !== 2)
    throw refuse(`data_offsets ${shown(offsets)}`, 'two whole numbers are needed')
  const [begin, end] = offsets as [number, number]
  if (begin > end || end > dataBytes)
    throw refuse(
      `its data at bytes ${begin} to ${end}`,
      `the file has ${dataBytes} bytes of data, perhaps its download stopped early`,
    )
  const needed = shape.reduce((product, side) => product * side, storedBytes(dtype))
  if (needed !== end - begin)
    throw refuse(`${end - begin} bytes at offset ${begin}`, `${dtype} of shape [${shape.join(', ')}] needs ${needed}`)
  return { name, stored: dtype, shape, begin, end }
}

function checkCoverage(path: string, entries: readonly Entry[], dataBytes: number): void {
  let covered = 0
  for (const { name, begin, end } of entries) {
    if (begin < covered)
      throw new CheckpointError(`${path}: entry \`${name}\` overlaps another one at offset ${begin}; the file is damaged.`)
    if (begin > covered)
      throw new CheckpointError(
        `${path}: ${begin - covered} bytes at offset ${covered}, before entry \`${name}\`, belong to no entry; the file is damaged.`,
      )
    covered = end
  }
  if (covered < dataBytes)
    throw new CheckpointError(
      `${path}: ${dataBytes - covered} bytes at offset ${covered} belong to no entry; the file is damaged.`,
    )
}

/** A piece of a header for a message; a hostile header may be long. */
function shown(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value).slice(0, 80)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isListOfCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0)
}
