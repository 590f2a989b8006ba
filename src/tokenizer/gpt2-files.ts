// GPT-2's two vocabulary files: `encoder.json` maps each token to its id, `vocab.bpe` lists the merges in the order they were learned.
import { join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { readJson, readText, sha256, writeAtomically } from '../base/files.ts'
import type { Merge } from './byte-pairs.ts'
import { byteCharactersById } from './bytes.ts'
import { END_OF_TEXT } from './gpt2-words.ts'

/** A token's text is spelled in byte characters (bytes.ts). */
export interface Gpt2Vocabulary {
  readonly ids: ReadonlyMap<string, number>
  readonly merges: readonly Merge<string>[]
}

// The published files belong together; a cut copy of one beside the other is an accident.
const PUBLISHED_ENCODER = '196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783'
const PUBLISHED_MERGES = '1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5'
const PUBLISHED_TOKENS = 50257
const PUBLISHED_MERGE_COUNT = 50000

/** Reads and checks both files of `folder`; UserError naming the file and the line or entry that is wrong. */
export function readGpt2Vocabulary(folder: string): Gpt2Vocabulary {
  const encoderFile = join(folder, 'encoder.json')
  const mergesFile = join(folder, 'vocab.bpe')
  const ids = readEncoder(encoderFile)
  const mergesText = readText(mergesFile, "the vocabulary's merges")
  const merges = parseMerges(mergesText, mergesFile, ids)
  if (sha256(mergesText) === PUBLISHED_MERGES && ids.size !== PUBLISHED_TOKENS)
    throw new UserError(
      `${encoderFile}: ${ids.size} tokens beside GPT-2's vocab.bpe; its own encoder.json has ${PUBLISHED_TOKENS}.`,
    )
  if (ids.size === PUBLISHED_TOKENS && merges.length !== PUBLISHED_MERGE_COUNT && isPublishedEncoder(encoderFile))
    throw new UserError(
      `${mergesFile}: ${merges.length} merges beside GPT-2's encoder.json; its own vocab.bpe has ${PUBLISHED_MERGE_COUNT}.`,
    )
  return { ids, merges }
}

function isPublishedEncoder(path: string): boolean {
  return sha256(readText(path)) === PUBLISHED_ENCODER
}

function readEncoder(path: string): Map<string, number> {
  const content = readJson(path, "the vocabulary's tokens")
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw new UserError(`${path}: not a JSON object; an object {"token": id, ...} is needed.`)
  const entries = Object.entries(content)
  const tokens: string[] = []
  for (const [token, id] of entries as [string, unknown][]) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= entries.length)
      throw new UserError(
        `${path}: token ${JSON.stringify(token)} has id ${JSON.stringify(id)}; ids are whole numbers from 0 to ${entries.length - 1}.`,
      )
    if (tokens[id] !== undefined)
      throw new UserError(
        `${path}: tokens ${JSON.stringify(tokens[id])} and ${JSON.stringify(token)} share id ${id}; each needs its own.`,
      )
    tokens[id] = token
  }
  const ids = new Map(tokens.map((token, id) => [token, id]))
  if (!ids.has(END_OF_TEXT)) throw new UserError(`${path}: no token ${END_OF_TEXT}; it marks the start and end of every caption.`)
  return ids
}

function parseMerges(text: string, path: string, ids: ReadonlyMap<string, number>): Merge<string>[] {
  const lines = text.split(/\r?\n/)
  if (lines[0]?.startsWith('#version') !== true)
    throw new UserError(`${path}: line 1 does not begin with "#version"; GPT-2's vocab.bpe is needed.`)
  if (lines.at(-1) === '') lines.pop()
  return lines.slice(1).map((line, index) => {
    const where = `${path}:${index + 2}`
    const [left = '', right = '', ...more] = line.split(' ')
    if (left === '' || right === '' || more.length > 0)
      throw new UserError(`${where}: ${JSON.stringify(line)} is not a merge; two tokens with one space between are needed.`)
    const merged = left + right
    const unknown = [left, right, merged].find((token) => !ids.has(token))
    if (unknown !== undefined)
      throw new UserError(
        `${where}: token ${JSON.stringify(unknown)} is not in encoder.json; the two files must belong together.`,
      )
    return { left, right, merged }
  })
}

/** Writes both files: the 256 byte tokens in GPT-2's own order, one token per merge, `<|endoftext|>` last. */
export function writeGpt2Vocabulary(folder: string, merges: readonly Merge<string>[]): void {
  const tokens = [...new Set([...byteCharactersById(), ...merges.map(({ merged }) => merged), END_OF_TEXT])]
  writeAtomically(join(folder, 'encoder.json'), JSON.stringify(Object.fromEntries(tokens.map((token, id) => [token, id]))))
  const lines = merges.map(({ left, right }) => `${left} ${right}\n`)
  writeAtomically(join(folder, 'vocab.bpe'), `#version: 0.2\n${lines.join('')}`)
}
