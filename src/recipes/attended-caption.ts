// What a captioner looked at, put into words: rows of tokens become rows of words, and patches a part of the photograph.
import { floats, type FloatArray } from '../base/nd-array.ts'
import { endOfText, type AttendedCaption } from '../checkpoint/attention-file.ts'
import type { ListedImage } from '../data/label-folder.ts'
import { seenPart } from '../data/transform.ts'
import { decodeRgb } from '../images/decode.ts'
import { wordsOfIds } from '../tokenizer/words-of-ids.ts'
import type { Captioned } from './caption.ts'
import { lookingLayers, type Looks } from './looks.ts'
import type { Task } from './task.ts'

/** All that is told of a caption but who wrote it, and how. Throws UserError where the image cannot be read. */
export async function attendedCaption(
  { tokenizer, plan, encoder }: Task,
  image: ListedImage,
  { caption, ids }: Captioned,
  { attention, rollout }: Looks,
): Promise<Omit<AttendedCaption, 'run' | 'decoding'>> {
  const spelled = wordsOfIds(tokenizer, ids)
  const isEnded = rollout.shape[0]! > ids.length
  const words = isEnded ? [...spelled, { text: endOfText, from: ids.length, to: ids.length + 1 }] : spelled
  const pieceOf = (id: number) => tokenizer.decode([id])
  const { width, height } = await decodeRgb(image.path)
  const seen = seenPart({ width, height }, encoder.preprocessing)
  const side = encoder.shape.image.size / encoder.shape.image.patch
  return {
    caption,
    image: image.file,
    words: words.map(({ text }) => text),
    pieces: words.map(({ from, to }) => (from === ids.length ? [endOfText] : ids.slice(from, to).map(pieceOf))),
    layers: lookingLayers(plan),
    grid: [side, side],
    crop: [seen.left, seen.top, seen.width, seen.height].map((value) => Number(value.toFixed(3))),
    size: [width, height],
    attention: byWord(attention, words),
    rollout: byWord(rollout, words),
  }
}

/** [..., rows, N] -> [..., words, N]: of a word's tokens the mean. */
function byWord({ shape, data }: FloatArray, words: readonly { from: number; to: number }[]): FloatArray {
  const [rows, tokens] = shape.slice(-2) as [number, number]
  const merged = floats([...shape.slice(0, -2), words.length, tokens])
  for (let table = 0; table < data.length / (rows * tokens); table++) {
    words.forEach(({ from, to }, word) => {
      for (let row = from; row < to; row++) {
        for (let n = 0; n < tokens; n++)
          merged.data[(table * words.length + word) * tokens + n]! += data[(table * rows + row) * tokens + n]! / (to - from)
      }
    })
  }
  return merged
}
