// Pickles and archives written byte by byte, for files that no honest program writes.
import { crc32, deflateRawSync } from 'node:zlib'

const le = (bytes: number, value: number): Buffer => {
  const buffer = Buffer.alloc(8)
  buffer.writeBigUInt64LE(BigInt(value))
  return buffer.subarray(0, bytes)
}

export type Piece = Buffer | string | number

/** Bytes from opcodes (one-character strings or numbers) and buffers. */
export const pickle = (...pieces: readonly Piece[]): Buffer =>
  Buffer.concat([
    Buffer.from([0x80, 2]),
    ...pieces.map((piece) => (typeof piece === 'number' ? Buffer.from([piece]) : Buffer.from(piece))),
    Buffer.from('.'),
  ])

export const text = (value: string): Buffer =>
  Buffer.concat([Buffer.from('X'), le(4, Buffer.byteLength(value)), Buffer.from(value)])
export const global = (module: string, name: string): Buffer => Buffer.from(`c${module}\n${name}\n`)
export const whole = (value: number): Buffer => Buffer.concat([Buffer.from([0x8a, 8]), le(8, value)])
export const tuple = (...items: readonly Piece[]): Buffer => pickle('(', ...items, 't').subarray(2, -1)

export interface TensorPieces {
  readonly key?: string
  readonly count?: number
  readonly offset?: number
  readonly shape?: readonly number[]
  readonly strides?: readonly number[]
  readonly storageClass?: string
}

/** A tensor, by default of shape [2] over the two values of storage 0. */
export function tensor({
  key = '0',
  count = 2,
  offset = 0,
  shape = [2],
  strides = [1],
  storageClass = 'FloatStorage',
}: TensorPieces = {}): Buffer {
  const storage = Buffer.concat([
    tuple(text('storage'), global('torch', storageClass), text(key), text('cpu'), whole(count)),
    Buffer.from('Q'),
  ])
  const given = tuple(storage, whole(offset), tuple(...shape.map(whole)), tuple(...strides.map(whole)), 0x89, '}')
  return Buffer.concat([global('torch._utils', '_rebuild_tensor_v2'), given, Buffer.from('R')])
}

/** A dict, its values on the stack after their names. */
export const dict = (...items: readonly (readonly [string, Piece])[]): Buffer =>
  pickle('}', '(', ...items.flatMap(([name, value]) => [text(name), value]), 'u').subarray(2, -1)

export interface Member {
  readonly name: string
  readonly data: Buffer
  readonly deflate?: boolean
  /** Claimed in the directory in place of the true size. */
  readonly size?: number
  readonly flags?: number
  /** Write sizes and offset as zip64 does. */
  readonly wide?: boolean
}

/** A zip archive with data descriptors: the sizes are in the directory alone. */
export function zip(members: readonly Member[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, data, deflate = false, size = data.length, flags = 0x808, wide = false } of members) {
    const stored = deflate ? deflateRawSync(data) : data
    const label = Buffer.from(name)
    const start = Buffer.concat([le(2, 45), le(2, flags), le(2, deflate ? 8 : 0), le(4, 0)])
    const padding = Buffer.alloc(11)
    parts.push(
      le(4, 0x04034b50),
      start,
      le(4, 0),
      le(4, 0),
      le(4, 0),
      le(2, label.length),
      le(2, 15),
      label,
      le(2, 0x4246),
      le(2, 11),
      padding,
      stored,
    )
    parts.push(le(4, 0x08074b50), le(4, crc32(data)), le(4, stored.length), le(4, data.length))
    const storedSize = deflate ? stored.length : size
    const extra = wide ? Buffer.concat([le(2, 1), le(2, 24), le(8, size), le(8, storedSize), le(8, offset)]) : Buffer.alloc(0)
    const shown = (value: number) => le(4, wide ? 0xffffffff : value)
    directory.push(
      le(4, 0x02014b50), le(2, 45), start, le(4, crc32(data)), shown(storedSize), shown(size), le(2, label.length),
      le(2, extra.length), le(2, 0), le(2, 0), le(2, 0), le(4, 0), shown(offset), label, extra,
    ) // prettier-ignore
    offset = parts.reduce((sum, part) => sum + part.length, 0)
  }
  const records = Buffer.concat(directory)
  const wide = members.some((member) => member.wide)
  const end64 = Buffer.concat([
    le(4, 0x06064b50), le(8, 44), le(2, 45), le(2, 45), le(4, 0), le(4, 0), le(8, members.length), le(8, members.length), le(8, records.length), le(8, offset),
    le(4, 0x07064b50), le(4, 0), le(8, offset + records.length), le(4, 1),
  ]) // prettier-ignore
  const shownCount = wide ? 0xffff : members.length
  const end = Buffer.concat([
    le(4, 0x06054b50),
    le(4, 0),
    le(2, shownCount),
    le(2, shownCount),
    le(4, records.length),
    le(4, wide ? 0xffffffff : offset),
    le(2, 0),
  ])
  return Buffer.concat([...parts, records, ...(wide ? [end64] : []), end])
}

/** An archive as `torch.save` writes it, around this pickle and these storages. */
export function archive(pickled: Buffer, storages: Readonly<Record<string, Buffer>> = { '0': Buffer.alloc(8) }): Buffer {
  return zip([
    { name: 'archive/data.pkl', data: pickled },
    ...Object.entries(storages).map(([key, data]) => ({ name: `archive/data/${key}`, data })),
  ])
}
