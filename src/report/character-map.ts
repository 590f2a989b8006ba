// Which characters a font file can show: its table `cmap`, formats 4 and 12. Of a collection the first font. Little of the file is read.
import { closeSync, openSync, readSync } from 'node:fs'

/** Whether a TrueType or OpenType font has a glyph for a code point. What is no font has none. */
export function characterMap(path: string): (code: number) => boolean {
  const file = openSync(path, 'r')
  try {
    const maps = mapsOf((at, length) => bytesAt(file, at, length))
    return (code) => maps.some((has) => has(code))
  } catch (error) {
    if (error instanceof RangeError) return () => false // it ends too early, or points beyond its end
    throw error
  } finally {
    closeSync(file)
  }
}

function bytesAt(file: number, at: number, length: number): DataView {
  const bytes = new Uint8Array(length)
  return new DataView(bytes.buffer, 0, readSync(file, bytes, 0, length, at))
}

const tag = (name: string): number => Buffer.from(name, 'latin1').readUInt32BE()
const largestMap = 2 ** 24 // bytes

function mapsOf(read: (at: number, length: number) => DataView): ((code: number) => boolean)[] {
  const head = read(0, 16)
  const start = head.getUint32(0) === tag('ttcf') ? head.getUint32(12) : 0
  const count = read(start, 12).getUint16(4)
  const tables = read(start + 12, 16 * count)
  const record = Array.from({ length: count }, (_, i) => 16 * i).find((at) => tables.getUint32(at) === tag('cmap'))
  if (record === undefined) return []
  const cmap = read(tables.getUint32(record + 8), Math.min(largestMap, tables.getUint32(record + 12)))
  const maps = Array.from({ length: cmap.getUint16(2) }, (_, i) => cmap.getUint32(8 + 8 * i))
  return maps.flatMap((map) => {
    const format = cmap.getUint16(map)
    return format === 12 ? [inGroups(cmap, map)] : format === 4 ? [inSegments(cmap, map)] : []
  })
}

function inGroups(view: DataView, map: number): (code: number) => boolean {
  const groups = Array.from({ length: view.getUint32(map + 12) }, (_, i) => map + 16 + 12 * i)
  const ranges = groups.map((group) => [view.getUint32(group), view.getUint32(group + 4)] as const)
  return (code) => ranges.some(([first, last]) => code >= first && code <= last)
}

function inSegments(view: DataView, map: number): (code: number) => boolean {
  const count = view.getUint16(map + 6) / 2
  const [ends, starts] = [map + 14, map + 16 + 2 * count]
  const [deltas, offsets] = [starts + 2 * count, starts + 4 * count]
  return (code) => {
    for (let i = 0; i < count; i++) {
      if (code > view.getUint16(ends + 2 * i)) continue
      const first = view.getUint16(starts + 2 * i)
      if (code < first) return false
      const offset = view.getUint16(offsets + 2 * i)
      if (offset === 0) return ((code + view.getUint16(deltas + 2 * i)) & 0xffff) !== 0
      return view.getUint16(offsets + 2 * i + offset + 2 * (code - first)) !== 0
    }
    return false
  }
}
