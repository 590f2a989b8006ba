// What a Linux program or library asks of the machine it runs on: read from the file itself, because the grader's machine has an older
// system than ours. The format: "System V ABI", chapter 4, and the Linux Standard Base on symbol versions.
import { readBytes } from '../base/files.ts'

export interface ElfNeeds {
  /** `x86_64`, or the machine's number. */
  readonly machine: string
  /** Shared libraries that must be there: `libc.so.6`. */
  readonly libraries: readonly string[]
  /** Symbol versions by library: `libc.so.6` -> `GLIBC_2.28`, ... */
  readonly versions: ReadonlyMap<string, readonly string[]>
}

const sectionHeader = { size: 64, name: 0, type: 4, offset: 24, bytes: 32, link: 40, info: 44 }
const sectionType = { dynamic: 6, versionNeeds: 0x6ffffffe }
const needed = 1n // DT_NEEDED

/** The needs of a 64-bit little-endian ELF file; undefined where it is no such file. UserError where it cannot be read. */
export function elfNeeds(path: string): ElfNeeds | undefined {
  const bytes = readBytes(path, 'the program')
  if (bytes.length < 64 || bytes.readUInt32BE(0) !== 0x7f454c46 || bytes[4] !== 2 || bytes[5] !== 1) return undefined
  const sections = sectionsOf(bytes)
  const text = (section: Section | undefined, at: number) => {
    const start = (section?.offset ?? 0) + at
    return bytes.toString('latin1', start, bytes.indexOf(0, start))
  }
  const libraries: string[] = []
  const versions = new Map<string, string[]>()
  for (const { type, offset, size, link, info } of sections) {
    if (type === sectionType.dynamic) {
      for (let at = offset; at < offset + size; at += 16)
        if (bytes.readBigUInt64LE(at) === needed) libraries.push(text(sections[link], Number(bytes.readBigUInt64LE(at + 8))))
    } else if (type === sectionType.versionNeeds) {
      let at = offset
      for (let i = 0; i < info; i++) {
        const names: string[] = []
        let entry = at + bytes.readUInt32LE(at + 8)
        for (let j = 0; j < bytes.readUInt16LE(at + 2); j++) {
          names.push(text(sections[link], bytes.readUInt32LE(entry + 8)))
          entry += bytes.readUInt32LE(entry + 12)
        }
        versions.set(text(sections[link], bytes.readUInt32LE(at + 4)), names)
        at += bytes.readUInt32LE(at + 12)
      }
    }
  }
  const machine = bytes.readUInt16LE(18)
  return { machine: machine === 62 ? 'x86_64' : String(machine), libraries, versions }
}

interface Section {
  readonly type: number
  readonly offset: number
  readonly size: number
  readonly link: number
  readonly info: number
}

function sectionsOf(bytes: Buffer): Section[] {
  const start = Number(bytes.readBigUInt64LE(40))
  return Array.from({ length: bytes.readUInt16LE(60) }, (_, i) => {
    const at = start + i * sectionHeader.size
    return {
      type: bytes.readUInt32LE(at + sectionHeader.type),
      offset: Number(bytes.readBigUInt64LE(at + sectionHeader.offset)),
      size: Number(bytes.readBigUInt64LE(at + sectionHeader.bytes)),
      link: bytes.readUInt32LE(at + sectionHeader.link),
      info: bytes.readUInt32LE(at + sectionHeader.info),
    }
  })
}

/** The grader's machine: Ubuntu 20.04. */
const grader = { GLIBC: [2, 31], GLIBCXX: [3, 4, 28], CXXABI: [1, 3, 12] } as const
const usualLibraries = /^(libc|libm|libdl|librt|libpthread|libresolv|libstdc\+\+|libgcc_s|ld-linux-x86-64)\.so\.\d+$/

/** Why a program cannot run on the grader's machine (Ubuntu 20.04, x86_64, glibc 2.31); undefined where it can. */
export function refusalOnGrader({ machine, libraries, versions }: ElfNeeds, beside: readonly string[] = []): string | undefined {
  if (machine !== 'x86_64') return `it is a program for machine ${machine}, not x86_64`
  const stranger = libraries.find((name) => !usualLibraries.test(name) && !beside.includes(name))
  if (stranger !== undefined) return `it needs the library ${stranger}`
  const newer = [...versions.values()].flat().find((version) => {
    const [, family = '', number = ''] = /^([A-Z]+)_(\d+(?:\.\d+)*)$/.exec(version) ?? []
    return family in grader && isNewer(number.split('.').map(Number), grader[family as keyof typeof grader])
  })
  return newer === undefined ? undefined : `it needs ${newer}`
}

function isNewer(version: readonly number[], than: readonly number[]): boolean {
  const i = version.findIndex((part, at) => part !== (than[at] ?? 0))
  return i >= 0 && version[i]! > (than[i] ?? 0)
}
