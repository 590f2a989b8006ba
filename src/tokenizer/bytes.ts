// Byte-level BPE writes each of the 256 bytes as one visible character. Bytes that are visible in Latin-1 stand for themselves; the
// others follow from U+0100 on. GPT-2 counts byte 173 (the soft hyphen) among the invisible; the course's tokenizer does not.

/** `gpt2`: as published by OpenAI; `course`: as the course's decoder was handed out, which cannot spell byte 173. */
export type Dialect = 'course' | 'gpt2'

const SOFT_HYPHEN = 173

/** The character of each byte, by byte. */
export function byteCharacters(dialect: Dialect): string[] {
  const characters: string[] = []
  let hidden = 0
  for (let byte = 0; byte < 256; byte++) {
    const visible = isVisible(byte) && (byte !== SOFT_HYPHEN || dialect === 'course')
    characters.push(String.fromCharCode(visible ? byte : 256 + hidden++))
  }
  return characters
}

/** GPT-2's 256 byte characters in the order of their token ids: the visible bytes first. */
export function byteCharactersById(): string[] {
  const characters = byteCharacters('gpt2')
  return [...characters.filter((_, byte) => isOwn(byte)), ...characters.filter((_, byte) => !isOwn(byte))]
}

function isOwn(byte: number): boolean {
  return isVisible(byte) && byte !== SOFT_HYPHEN
}

function isVisible(byte: number): boolean {
  return (byte >= 33 && byte <= 126) || byte >= 161
}
