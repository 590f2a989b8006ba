// The fonts that every machine has: those in fonts/, and any that the student adds to the report's own folder fonts/. A text that none of
// them can show would be left blank in the PDF without a word, so their character maps are read.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import { fromRoot } from '../base/files.ts'

const bundled = fromRoot('src/report/fonts')

/** Names them to whoever draws SVG as pixels. */
export const fontsConfig = join(bundled, 'fonts.conf')

/** The bundled fonts and those of the report's folder, uncompressed. */
export function readFonts(reportFolder: string): Uint8Array[] {
  return [...fontsIn(bundled), ...fontsIn(join(reportFolder, 'fonts'))]
}

function fontsIn(folder: string): Uint8Array[] {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder).sort()
  return names.flatMap((name) => {
    if (/\.(ttf|otf|ttc)$/i.test(name)) return [new Uint8Array(readFileSync(join(folder, name)))]
    if (/\.(ttf|otf)\.br$/i.test(name)) return [new Uint8Array(brotliDecompressSync(readFileSync(join(folder, name))))]
    return []
  })
}

/** The characters of `texts` that no font has, each once. White space and controls need none. */
export function missingCharacters(fonts: readonly Uint8Array[], texts: readonly string[]): string[] {
  const wanted = new Set(texts.flatMap((text) => text.match(/[^\p{C}\p{Z}]/gu) ?? []))
  const maps = fonts.map(characterMap)
  return [...wanted].filter((character) => !maps.some((has) => has(character.codePointAt(0)!)))
}

/** Whether a TrueType or OpenType font has a glyph for a code point: its table `cmap`, formats 4 and 12. Of a collection the first font. */
function characterMap(font: Uint8Array): (code: number) => boolean {
  const view = new DataView(font.buffer, font.byteOffset, font.byteLength)
  const start = view.getUint32(0) === tag('ttcf') ? view.getUint32(12) : 0
  const tables = Array.from({ length: view.getUint16(start + 4) }, (_, i) => start + 12 + 16 * i)
  const at = tables.find((record) => view.getUint32(record) === tag('cmap'))
  if (at === undefined) return () => false
  const cmap = view.getUint32(at + 8)
  const maps = Array.from({ length: view.getUint16(cmap + 2) }, (_, i) => cmap + view.getUint32(cmap + 8 + 8 * i))
  const checks = maps.flatMap((map) => {
    const format = view.getUint16(map)
    return format === 12 ? [inGroups(view, map)] : format === 4 ? [inSegments(view, map)] : []
  })
  return (code) => checks.some((has) => has(code))
}

function tag(name: string): number {
  return Buffer.from(name, 'latin1').readUInt32BE()
}

function inGroups(view: DataView, map: number): (code: number) => boolean {
  const groups = Array.from({ length: view.getUint32(map + 12) }, (_, i) => map + 16 + 12 * i)
  return (code) => groups.some((group) => code >= view.getUint32(group) && code <= view.getUint32(group + 4))
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
