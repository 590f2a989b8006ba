// Where the words of a caption looked, as a file: `attention` [layers, heads, words, tokens] and `rollout` [words, tokens] in safetensors,
// and what they mean in its metadata. Every row is a distribution over the image's tokens: the class token, if any, then the patches.
import { shapeText, type FloatArray, type NdArray } from '../base/nd-array.ts'
import type { Checkpoint } from './checkpoint.ts'
import { CheckpointError, readSafetensors, writeSafetensors } from './safetensors.ts'

/** The word that stands for the end of a caption. */
export const endOfText = '<|endoftext|>'

export interface AttendedCaption extends Texts, Lists {
  /** [layers, heads, words, tokens] */
  readonly attention: FloatArray
  /** [words, tokens]: what reached a word through all layers. */
  readonly rollout: FloatArray
}

interface Texts {
  readonly caption: string
  /** The image's file name. */
  readonly image: string
  /** The run's id. */
  readonly run: string
  /** How the caption was searched: `greedy, at most 24 tokens`. */
  readonly decoding: string
}

interface Lists {
  /** What was chosen, in order: the caption's words and, unless it was cut at its longest, `<|endoftext|>`. */
  readonly words: readonly string[]
  /** The tokens that spell each word; its row is the mean of theirs. */
  readonly pieces: readonly (readonly string[])[]
  /** The decoder's layers that look, counted from 0. */
  readonly layers: readonly number[]
  /** Rows and columns of patches. */
  readonly grid: readonly number[]
  /** The part of the image that the model saw, in pixels of the image: left, top, width, height. */
  readonly crop: readonly number[]
  /** Width and height of the image. */
  readonly size: readonly number[]
}

const texts = ['caption', 'image', 'run', 'decoding'] as const satisfies readonly (keyof Texts)[]
const lists = ['words', 'pieces', 'layers', 'grid', 'crop', 'size'] as const satisfies readonly (keyof Lists)[]

/** Writes the whole file or nothing. Throws UserError where the disk or the permissions refuse. */
export function writeAttention(path: string, attended: AttendedCaption): void {
  const { attention, rollout } = attended
  writeSafetensors(
    path,
    { attention, rollout },
    {
      ...Object.fromEntries(texts.map((name) => [name, attended[name]])),
      ...Object.fromEntries(lists.map((name) => [name, JSON.stringify(attended[name])])),
    },
  )
}

/** Reads such a file. Throws CheckpointError where it is missing, damaged or holds something else. */
export function readAttention(path: string): AttendedCaption {
  const file = readSafetensors(path)
  const attended = {
    attention: arrayIn(file, 'attention'),
    rollout: arrayIn(file, 'rollout'),
    ...Object.fromEntries(texts.map((name) => [name, file.metadata[name] ?? ''])),
    ...Object.fromEntries(lists.map((name) => [name, listIn(file, name)])),
  } as unknown as AttendedCaption
  requireFit(path, attended)
  return attended
}

function arrayIn(file: Checkpoint, name: string): NdArray {
  if (!file.names.includes(name)) throw notAttention(file.path, `it has no entry \`${name}\``)
  return file.read(name)
}

function listIn({ path, metadata }: Checkpoint, name: string): unknown[] {
  try {
    const list: unknown = JSON.parse(metadata[name] ?? '')
    if (Array.isArray(list)) return list
  } catch {
    // told below
  }
  throw notAttention(path, `its metadata has no list \`${name}\``)
}

function requireFit(path: string, { attention, rollout, words, pieces, layers, grid, crop, size }: AttendedCaption): void {
  const [, heads = 0, , tokens = 0] = attention.shape
  const wanted = [layers.length, heads, words.length, tokens]
  const patches = (grid[0] ?? 0) * (grid[1] ?? 0)
  const fits = [
    attention.shape.join() === wanted.join(),
    rollout.shape.join() === [words.length, tokens].join(),
    patches > 0 && (tokens === patches || tokens === patches + 1),
    words.length > 0 && pieces.length === words.length,
    crop.length === 4 && size.length === 2,
  ]
  if (fits.includes(false))
    throw notAttention(
      path,
      `its attention ${shapeText(attention.shape)} does not go with ${words.length} words over ${patches} patches`,
    )
}

function notAttention(path: string, found: string): CheckpointError {
  return new CheckpointError(`${path}: not the attention of a caption, ${found}; make it again by \`captune attend\`.`)
}
