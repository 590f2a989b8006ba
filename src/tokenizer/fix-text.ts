// The repairs of Python's ftfy that matter for captions: entities, terminal codes, UTF-8 read as Windows-1252, ligatures, full-width
// letters, curly quotes, control characters, composed accents. Its statistics of what looks broken are reduced to five first letters.
import { decodeWindows1252, encodeWindows1252, WINDOWS_1252 } from './windows-1252.ts'
import { unescapeStrictHtml } from './html-entities.ts'

/** Repairs a text until nothing changes. */
export function fixText(text: string): string {
  let before = text
  let after = fixOnce(before)
  while (after !== before) {
    before = after
    after = fixOnce(before)
  }
  return after
}

const PLAIN = /^[\t\n -%'-~]*$/ // ASCII without `&` and control characters has nothing to repair

function fixOnce(text: string): string {
  if (PLAIN.test(text)) return text
  const unescaped = text.includes('<') ? text : unescapeStrictHtml(text) // text with tags may mean its entities
  return repairEncoding(unescaped.replace(TERMINAL_CODES, ''))
    .replace(C1_CONTROLS, decodeWindows1252)
    .replace(LIGATURES, (ligature) => LETTERS_OF_LIGATURE[ligature] ?? ligature.normalize('NFKC'))
    .replace(WIDE, (character) => character.normalize('NFKC'))
    .replace(/[\u02bc\u2018-\u201b]/g, "'")
    .replace(/[\u201c-\u201f]/g, '"')
    .replace(CONTROLS, '')
    .normalize('NFC')
}

const TERMINAL_CODES = /\x1b\[[\d;]*[a-zA-Z]/g
const C1_CONTROLS = /[\x80-\x9f]/g
const CONTROLS = /[\0-\x08\x0b\x0e-\x1f\x7f\u206a-\u206f\ufeff\ufff9-\ufffc]/g
const WIDE = /[\u3000\uff01-\uffef]/g
const LIGATURES = /[\u0132\u0133\u0149\u01c4-\u01cc\u01f1-\u01f3\ufb00-\ufb06]/g
const LETTERS_OF_LIGATURE: Readonly<Record<string, string>> = { '\ufb05': 'ſt' } // NFKC would also modernise the long s

// `cafÃ©`, `itâ€™s`: the bytes of one UTF-8 character, each shown as a character of Windows-1252.
const CONTINUATION = `[\\x80-\\xbf${WINDOWS_1252}]`
const MOJIBAKE = new RegExp(`[ÂÃÅ]${CONTINUATION}|â${CONTINUATION}{2}|ð${CONTINUATION}{3}`, 'g')
const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

function repairEncoding(text: string): string {
  return text.replace(MOJIBAKE, (broken) => {
    try {
      return strictUtf8.decode(encodeWindows1252(broken))
    } catch {
      return broken
    }
  })
}
