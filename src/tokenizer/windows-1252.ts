// Windows-1252: Latin-1 with printable characters where Latin-1 has the C1 controls. Its five free places stay controls.

/** The characters of bytes 0x80 to 0x9F. */
export const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'

/** The Windows-1252 reading of a C1 control character. */
export function decodeWindows1252(control: string): string {
  return WINDOWS_1252[control.charCodeAt(0) - 0x80] ?? control
}

/** The bytes of characters that are in Latin-1 or Windows-1252. */
export function encodeWindows1252(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => {
    const place = WINDOWS_1252.indexOf(character)
    return place < 0 ? character.charCodeAt(0) : 0x80 + place
  })
}
