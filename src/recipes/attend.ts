// Captions of images and where each of their words looked: a file for each image.
import { join } from 'node:path'
import { floats, type FloatArray } from '../base/nd-array.ts'
import { writeAttention, type AttendedCaption } from '../checkpoint/attention-file.ts'
import { loadRunConfig } from '../config/load.ts'
import type { ListedImage } from '../data/label-folder.ts'
import { seenPart } from '../data/transform.ts'
import type { Engine } from '../engine/engine.ts'
import { decodeRgb } from '../images/decode.ts'
import { END_OF_TEXT } from '../tokenizer/gpt2-words.ts'
import { wordsOfIds } from '../tokenizer/words-of-ids.ts'
import { openCaptioning, type Captioned } from './caption.ts'
import { encodeImages, type EncodeOptions, type Features } from './encode.ts'
import { lookingLayers, openLooking, type Looks } from './looks.ts'
import { runFolder } from './places.ts'
import { configFile } from './run-folder.ts'
import { decodingText } from './strategy.ts'
import { openTask, served, type Task } from './task.ts'
import { readBest } from './trained.ts'
import { withEngine } from './with-engine.ts'

export interface AttendOptions extends EncodeOptions {
  /** The folder of the files; `attention` in the run's folder where it is left out. */
  readonly output?: string | undefined
  /** How captions are written, as on the command line: `beam:5`; as the run's configuration says where it is left out. */
  readonly decode?: string | undefined
  /** For progress. */
  readonly what: string
}

/** An image and the file of its caption's attention. */
export interface AttendedImage extends ListedImage {
  readonly attention: string
  readonly caption: string
}

/** Where a run keeps the attention of an image's caption. */
export const attentionFile = (folder: string, stem: string): string => join(folder, `${stem}.safetensors`)

/** Captions `images` by the best checkpoint of the run `id` and writes where each word looked. UserError where something is missing. */
export async function attendImages(
  id: string,
  images: readonly ListedImage[],
  options: AttendOptions,
): Promise<{ attended: AttendedImage[]; warnings: readonly string[] }> {
  const { decode, output = join(runFolder(id), 'attention'), what } = options
  const override = decode === undefined ? [] : [`decode=${decode}`]
  const task = served(openTask(loadRunConfig(configFile(runFolder(id)), override).config))
  const { tensors } = await readBest(runFolder(id), task)
  return withEngine(task.config.engine, async (engine) => {
    const { weights, tokens: kind } = task.config.encoder
    const features = await encodeImages(engine, { weights, kind, images, what }, options)
    const trained = engine.hold(tensors)
    const captions = await captionsOf(engine, task, trained, { features, images, options })
    const attended: AttendedImage[] = []
    for await (const { image, caption, looks } of looksAt(engine, task, trained, { features, images, captions })) {
      const attention = attentionFile(output, image.stem)
      const told = { run: id, decoding: decodingText(task.config.decode) }
      writeAttention(attention, { ...told, ...(await attendedCaption(task, image, caption, looks)) })
      attended.push({ ...image, attention, caption: caption.caption })
      options.report({ phase: 'attention', done: attended.length, total: images.length, unit: 'captions' })
    }
    return { attended, warnings: task.warnings }
  })
}

interface Pictured {
  readonly features: Features
  readonly images: readonly ListedImage[]
}

type Trained = ReturnType<Engine['hold']>

async function captionsOf(
  engine: Engine,
  task: Task,
  trained: Trained,
  { features, images, options: { report } }: Pictured & { options: AttendOptions },
): Promise<ReadonlyMap<string, Captioned>> {
  const captioning = await openCaptioning(engine, task, trained, features)
  const captions = new Map<string, Captioned>()
  for await (const caption of captioning.captions(
    features,
    images.map(({ stem }) => stem),
  )) {
    captions.set(caption.stem, caption)
    report({ phase: 'captions', done: captions.size, total: images.length, unit: 'captions' })
  }
  await captioning.dispose()
  return captions
}

const together = 8

async function* looksAt(
  engine: Engine,
  task: Task,
  trained: Trained,
  { features, images, captions }: Pictured & { captions: ReadonlyMap<string, Captioned> },
): AsyncGenerator<{ image: ListedImage; caption: Captioned; looks: Looks }, void, void> {
  const { tokenizer, plan, config, decoder } = task
  const looking = await openLooking(engine, decoder.weights, trained, {
    plan,
    start: tokenizer.start,
    maxLength: config.decode.max_length,
    images: Math.min(together, images.length),
    tokens: features.rowShape[0]!,
  })
  for (let i = 0; i < images.length; i += together) {
    const few = images.slice(i, i + together)
    const found = few.map(({ stem }) => captions.get(stem)!)
    const looks = await looking.looks(
      features.rows(few.map(({ stem }) => stem)),
      found.map(({ ids }) => (ids.length < config.decode.max_length ? [...ids, tokenizer.end] : ids)),
    )
    yield* few.map((image, row) => ({ image, caption: found[row]!, looks: looks[row]! }))
  }
  await looking.dispose()
}

type Told = 'run' | 'decoding'

async function attendedCaption(
  { tokenizer, plan, encoder }: Task,
  image: ListedImage,
  { caption, ids }: Captioned,
  { attention, rollout }: Looks,
): Promise<Omit<AttendedCaption, Told>> {
  const spelled = wordsOfIds(tokenizer, ids)
  const isEnded = rollout.shape[0]! > ids.length
  const words = isEnded ? [...spelled, { text: END_OF_TEXT, from: ids.length, to: ids.length + 1 }] : spelled
  const pieceOf = (id: number) => tokenizer.decode([id])
  const { width, height } = await decodeRgb(image.path)
  const seen = seenPart({ width, height }, encoder.preprocessing)
  const side = encoder.shape.image.size / encoder.shape.image.patch
  return {
    caption,
    image: image.file,
    words: words.map(({ text }) => text),
    pieces: words.map(({ from, to }) => (from === ids.length ? [END_OF_TEXT] : ids.slice(from, to).map(pieceOf))),
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
