// Zip archives for tests, sound or with one thing wrong.
import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipFile {
  readonly name: string
  readonly data: Uint8Array
  readonly deflated?: boolean
  /** What the archive claims instead of the truth. */
  readonly claims?: { readonly size?: number; readonly crc?: number; readonly method?: number }
}

export function zipOf(files: readonly ZipFile[]): Buffer {
  const [bodies, directory]: [Buffer[], Buffer[]] = [[], []]
  let offset = 0
  for (const { name, data, deflated = false, claims = {} } of files) {
    const stored = deflated ? deflateRawSync(data) : data
    const shared = Buffer.alloc(26) // version, flags, method, time, sum, sizes, length of the name, of the extra field
    shared.writeUInt16LE(20, 0)
    shared.writeUInt16LE(claims.method ?? (deflated ? 8 : 0), 4)
    shared.writeUInt32LE(claims.crc ?? crc32(data), 10)
    shared.writeUInt32LE(stored.length, 14)
    shared.writeUInt32LE(claims.size ?? data.length, 18)
    shared.writeUInt16LE(name.length, 22)
    const begin = Buffer.alloc(4)
    begin.writeUInt32LE(offset)
    bodies.push(Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), shared, Buffer.from(name), stored]))
    directory.push(
      Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), shared, Buffer.alloc(10), begin, Buffer.from(name)]),
    )
    offset += bodies.at(-1)!.length
  }
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(files.length, 8)
  end.writeUInt16LE(files.length, 10)
  end.writeUInt32LE(Buffer.concat(directory).length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...bodies, ...directory, end])
}
