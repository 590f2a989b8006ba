// The directory of a zip archive, read from its end and checked as if a stranger had written it: names that stay inside, entries that lie
// in the file, once each. Sizes come from the directory; where data begins, from each local header. Format: PKWARE's APPNOTE, with zip64.
import { CheckpointError } from './checkpoint-error.ts'
import type { FileBytes } from './file-bytes.ts'

export interface ZipMember {
  readonly name: string
  /** 0 stored, 8 deflated. */
  readonly method: number
  /** As checked by readers, or 0 where PyTorch was told not to compute it. */
  readonly crc: number
  readonly storedSize: number
  readonly size: number
  /** Of the local header in the file. */
  readonly offset: number
}

const mostMembers = 1_000_000
const largestDirectory = 2 ** 28
const unknown32 = 0xffffffff

/** Members by name. Throws CheckpointError where the archive is cut off, damaged or hostile. */
export function zipDirectory(file: FileBytes): ReadonlyMap<string, ZipMember> {
  const { count, size, offset } = endOfDirectory(file)
  if (count > mostMembers || size > largestDirectory || offset + size > file.size)
    throw damaged(file, `its directory claims ${count} entries in ${size} bytes at offset ${offset}`)
  const bytes = file.read(offset, size, 'the directory of the archive')
  const view = viewOf(bytes)
  const members = new Map<string, ZipMember>()
  let at = 0
  for (let i = 0; i < count; i++) {
    if (at + 46 > size || view.getUint32(at, true) !== 0x02014b50)
      throw damaged(file, `entry ${i} of its directory, at offset ${offset + at}, is no entry`)
    const lengths = [28, 30, 32].map((field) => view.getUint16(at + field, true)) as [number, number, number]
    const next = at + 46 + lengths[0] + lengths[1] + lengths[2]
    if (next > size) throw damaged(file, `entry ${i} of its directory, at offset ${offset + at}, is cut off`)
    const member = memberAt(file, bytes, at, lengths)
    if (members.has(member.name)) throw damaged(file, `two entries are named \`${member.name}\``)
    members.set(member.name, member)
    at = next
  }
  return members
}

function damaged({ path }: FileBytes, found: string): CheckpointError {
  return new CheckpointError(`${path}: ${found}; the file is damaged.`)
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

/** The record at the end of every archive, behind at most 64 KiB of comment; the largest values are in the zip64 record before it. */
function endOfDirectory(file: FileBytes): { count: number; size: number; offset: number } {
  const tailBegin = Math.max(0, file.size - 22 - 0xffff)
  const tail = file.read(tailBegin, file.size - tailBegin, 'the end of the archive')
  const view = viewOf(tail)
  let at = tail.length - 22
  while (at >= 0 && !(view.getUint32(at, true) === 0x06054b50 && at + 22 + view.getUint16(at + 20, true) === tail.length)) at--
  if (at < 0)
    throw new CheckpointError(
      `${file.path}: the archive has no directory at its end (offset ${file.size}); the file is cut off, fetch it again.`,
    )
  const found = {
    count: view.getUint16(at + 10, true),
    size: view.getUint32(at + 12, true),
    offset: view.getUint32(at + 16, true),
  }
  const beyond = found.count === 0xffff || found.size === unknown32 || found.offset === unknown32
  if (at < 20 || view.getUint32(at - 20, true) !== 0x07064b50) {
    if (beyond) throw damaged(file, 'its zip64 record is missing')
    return found
  }
  return zip64End(file, wholeAt(view, at - 20 + 8))
}

function zip64End(file: FileBytes, position: number): { count: number; size: number; offset: number } {
  if (position + 56 > file.size) throw damaged(file, `its zip64 record at offset ${position} is behind its end`)
  const view = viewOf(file.read(position, 56, 'the zip64 record'))
  if (view.getUint32(0, true) !== 0x06064b50) throw damaged(file, `there is no zip64 record at offset ${position}`)
  return { count: wholeAt(view, 32), size: wholeAt(view, 40), offset: wholeAt(view, 48) }
}

/** Eight bytes as a number; one beyond 2^53 stays too large for any check. */
function wholeAt(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true))
}

function memberAt(file: FileBytes, bytes: Uint8Array, at: number, lengths: readonly [number, number, number]): ZipMember {
  const view = viewOf(bytes)
  const nameEnd = at + 46 + lengths[0]
  const name = safeName(file, Buffer.from(bytes.subarray(at + 46, nameEnd)).toString('utf8'))
  if ((view.getUint16(at + 8, true) & 1) !== 0)
    throw new CheckpointError(`${file.path}: entry \`${name}\` is encrypted; an archive without a password is needed.`)
  const short = {
    size: view.getUint32(at + 24, true),
    storedSize: view.getUint32(at + 20, true),
    offset: view.getUint32(at + 42, true),
  }
  const sizes = widened(file, name, bytes.subarray(nameEnd, nameEnd + lengths[1]), short)
  if (sizes.offset + 30 + sizes.storedSize > file.size)
    throw new CheckpointError(
      `${file.path}: entry \`${name}\` has ${sizes.storedSize} bytes at offset ${sizes.offset} of a file of ${file.size}; the file is cut off or damaged.`,
    )
  return { name, method: view.getUint16(at + 10, true), crc: view.getUint32(at + 16, true), ...sizes }
}

/** Names are only ever looked up, never made into paths; one that would lead out of a folder still says that the file means harm. */
function safeName({ path }: FileBytes, name: string): string {
  const bad =
    name === '' || name.length > 1000 || /^\/|\\|^[A-Za-z]:|[\x00-\x1f\x7f]/.test(name) || name.split('/').includes('..')
  if (!bad) return name
  throw new CheckpointError(
    `${path}: the archive has an entry named ${JSON.stringify(name.slice(0, 80))}, which leads out of it; do not use this file.`,
  )
}

type Sizes = Pick<ZipMember, 'size' | 'storedSize' | 'offset'>

/** The zip64 extra field holds, in this order, those of the sizes that do not fit 32 bits. */
function widened(file: FileBytes, name: string, extra: Uint8Array, short: Sizes): Sizes {
  const wide = (['size', 'storedSize', 'offset'] as const).filter((key) => short[key] === unknown32)
  if (wide.length === 0) return short
  const view = viewOf(extra)
  for (let at = 0; at + 4 <= extra.length; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue
    const length = view.getUint16(at + 2, true)
    if (length < 8 * wide.length || at + 4 + length > extra.length) break
    return { ...short, ...Object.fromEntries(wide.map((key, i) => [key, wholeAt(view, at + 4 + 8 * i)])) }
  }
  throw new CheckpointError(`${file.path}: entry \`${name}\` lacks its zip64 sizes; the file is damaged.`)
}

/** Where the bytes of a member begin. Throws CheckpointError where its local header says something else. */
export function dataOffset(file: FileBytes, { name, offset, storedSize }: ZipMember): number {
  const view = viewOf(file.read(offset, 30, `the header of entry \`${name}\``))
  const begin = offset + 30 + view.getUint16(26, true) + view.getUint16(28, true)
  if (view.getUint32(0, true) !== 0x04034b50 || begin + storedSize > file.size)
    throw new CheckpointError(
      `${file.path}: entry \`${name}\` has no sound header at offset ${offset}; the file is cut off or damaged.`,
    )
  return begin
}
