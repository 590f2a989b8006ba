// A run's journal read back, line by line. What is no entry (half a line of a killed process, a damaged disk) is passed over and told by
// its line number, so that one bad line never costs the others.
import { closeSync, openSync, readSync } from 'node:fs'
import type { Entry } from './entries.ts'

/** Reads the entries of the journal at `path` in order; `damaged` is told the number, from 1, of each line that is none. */
export function* readJournal(path: string, damaged: (line: number) => void): Generator<Entry> {
  let number = 0
  for (const line of linesOf(path)) {
    number++
    if (line === '') continue
    const entry = entryOf(line)
    if (entry === undefined) damaged(number)
    else yield entry
  }
}

/** Without the line ends; the last line whether it is ended or not. A journal may be larger than a text can be. */
function* linesOf(path: string): Generator<string> {
  const file = openSync(path, 'r')
  try {
    const chunk = Buffer.alloc(1 << 20)
    let pieces: Buffer[] = [] // of a line that began in an earlier chunk
    for (let size = readSync(file, chunk); size > 0; size = readSync(file, chunk)) {
      let from = 0
      for (let end = chunk.indexOf(0x0a); end !== -1 && end < size; end = chunk.indexOf(0x0a, from)) {
        yield Buffer.concat([...pieces, chunk.subarray(from, end)]).toString('utf8')
        pieces = []
        from = end + 1
      }
      pieces.push(Buffer.from(chunk.subarray(from, size)))
    }
    yield Buffer.concat(pieces).toString('utf8')
  } finally {
    closeSync(file)
  }
}

function entryOf(line: string): Entry | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (!isRecord(value) || typeof value['entry'] !== 'string' || !Object.hasOwn(shapes, value['entry'])) return undefined
  const shape = Object.entries(shapes[value['entry'] as Entry['entry']])
  if (!shape.every(([key, holds]) => holds(value[key]))) return undefined
  return (value['entry'] === 'metric' ? { ...value, value: Number(value['value']) } : value) as Entry
}

type Check = (value: unknown) => boolean

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const text: Check = (value) => typeof value === 'string'
const whole: Check = Number.isSafeInteger
const flag: Check = (value) => typeof value === 'boolean'
const orNothing =
  (check: Check): Check =>
  (value) =>
    value === undefined || value === null || check(value)
const oneOf =
  (...known: unknown[]): Check =>
  (value) =>
    known.includes(value)
const listOf =
  (shape: Readonly<Record<string, Check>>): Check =>
  (value) =>
    Array.isArray(value) &&
    value.every((item) => isRecord(item) && Object.entries(shape).every(([key, holds]) => holds(item[key])))
const number: Check = (value) => typeof value === 'number'
const numberOrName: Check = (value) => number(value) || oneOf('NaN', 'Infinity', '-Infinity')(value)

/** What each kind of entry must hold (entries.ts). */
const shapes: { readonly [K in Entry['entry']]: Readonly<Record<string, Check>> } = {
  run: {
    ...{ at: number, id: text, study: text, attempt: text, kind: text, seed: whole, config_hash: text },
    ...{ parent: orNothing(text), name: orNothing(text) },
  },
  segment: { segment: whole, from_step: whole, host: text, pid: whole, pid_start: orNothing(text), at: number },
  metric: { name: text, step: whole, value: numberOrName, at: number },
  samples: {
    split: text,
    step: whole,
    rows: listOf({ image: text, caption: text, cider: orNothing(number), clipscore: orNothing(number) }),
  },
  config: { values: isRecord },
  environment: { values: isRecord },
  references: {
    data: text,
    images: listOf({ image: text, path: text, captions: (value) => Array.isArray(value) && value.every(text) }),
  },
  artifact: { path: text, bytes: whole, sha256: text },
  log: { level: oneOf('info', 'warning', 'error'), text, at: number },
  note: { text, at: number },
  tag: { tag: text, on: flag },
  name: { name: text },
  hidden: { on: flag },
  baseline: { on: flag },
  end: { state: oneOf('finished', 'failed', 'stopped', 'crashed'), reason: orNothing(text), at: number },
}
