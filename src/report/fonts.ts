// What texts are lettered with: the bundled fonts, those that the student adds to the report's own folder fonts/, and where these lack a
// character, any font of the machine that has it. A character that none of them has would become an empty box, so it is told.
import { existsSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fromRoot } from '../base/files.ts'
import { characterMap } from './character-map.ts'

const bundled = fromRoot('src/report/fonts')

/** Names the bundled fonts and the machine's to whoever draws SVG as pixels. */
export const fontsConfig = join(bundled, 'fonts.conf')

/** Where machines keep fonts; fonts.conf names the same. */
const machine = [
  '/usr/share/fonts',
  '/usr/local/share/fonts',
  '/System/Library/Fonts',
  '/Library/Fonts',
  join(homedir(), 'Library/Fonts'),
  join(homedir(), '.fonts'),
  join(homedir(), '.local/share/fonts'),
]

/** What to do about characters that no font has. */
export const fontRemedy =
  'Install a font that has them (fonts-noto-cjk for Chinese, Japanese and Korean, fonts-noto for most other scripts)'

export interface Fonts {
  /** Paths: the bundled fonts, then those of the other folders that are needed. */
  readonly paths: readonly string[]
  /** Characters that none of them has, each once. */
  readonly blank: readonly string[]
}

/** Fonts for all of `texts`: every bundled one and every one of `folder`, and of the machine's those that are needed. */
export function fontsFor(texts: readonly string[], folder?: string, machineFolders: readonly string[] = machine): Fonts {
  const own = [bundled, ...(folder === undefined ? [] : [folder])].flatMap(fontsIn)
  let blank = lacking(charactersOf(texts), own)
  const needed: string[] = []
  for (const path of blank.length === 0 ? [] : machineFolders.flatMap(fontsIn)) {
    const still = lacking(blank, [path])
    if (still.length < blank.length) needed.push(path)
    blank = still
    if (blank.length === 0) break
  }
  return { paths: [...own, ...needed], blank }
}

/** Each once. Every font has ASCII; white space and controls need no glyph. */
function charactersOf(texts: readonly string[]): string[] {
  return [...new Set(texts.flatMap((text) => text.match(/[^\p{ASCII}\p{C}\p{Z}\p{M}]/gu) ?? []))]
}

function lacking(characters: readonly string[], paths: readonly string[]): string[] {
  if (characters.length === 0) return []
  const maps = paths.map(characterMap)
  return characters.filter((character) => !maps.some((has) => has(character.codePointAt(0)!)))
}

/** In the order of their names, upright and regular ones first. Apple's LastResort has boxes for everything. */
function fontsIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  const fonts = names.filter((name) => /\.(ttf|otf|ttc)$/i.test(name) && !/LastResort/i.test(name))
  const isRegular = (name: string) => !/bold|black|italic|oblique|light|thin|condensed|narrow/i.test(name)
  return [...fonts.filter(isRegular), ...fonts.filter((name) => !isRegular(name))].map((name) => join(folder, name))
}
