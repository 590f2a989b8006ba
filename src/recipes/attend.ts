// Captions of images and where each of their words looked: a file for each image.
import { join } from 'node:path'
import type { NamedArrays } from '../base/nd-array.ts'
import { writeAttention } from '../checkpoint/attention-file.ts'
import { listImages, type ListedImage } from '../data/label-folder.ts'
import type { Engine } from '../engine/engine.ts'
import { attendedCaption } from './attended-caption.ts'
import { openCaptioning, type Captioned } from './caption.ts'
import { readCaptioner, type CaptioningRun } from './captioning-run.ts'
import { encodeImages, type EncodeOptions, type Features } from './encode.ts'
import { openLooking } from './looks.ts'
import { runFolder } from './places.ts'
import { decodingText } from './strategy.ts'
import type { Task } from './task.ts'
import { withEngine } from './with-engine.ts'

export interface AttendOptions extends EncodeOptions {
  /** The folder of the files; `attention` in the run's folder where it is left out. */
  readonly output?: string | undefined
  /** How captions are written, as on the command line: `beam:5`; as the run's configuration says where it is left out. */
  readonly decode?: string | undefined
}

export interface AttendedImage {
  readonly image: ListedImage
  readonly caption: string
  /** The path of its attention. */
  readonly attention: string
}

export interface Attended {
  readonly attended: readonly AttendedImage[]
  readonly warnings: readonly string[]
}

/** All images of a folder. UserError where something is missing or unreadable. */
export async function attendFolder(run: CaptioningRun, folder: string, options: AttendOptions): Promise<Attended> {
  const listed = listImages(folder)
  const { attended, warnings } = await attendImages(run, { images: listed.images, what: folder }, options)
  return { attended, warnings: [...warnings, ...listed.warnings] }
}

export interface WantedImages {
  readonly images: readonly ListedImage[]
  /** Names them for progress. */
  readonly what: string
}

/** Captions images by a run's best checkpoint and writes where each word looked. UserError where something is missing or unreadable. */
export async function attendImages(
  run: CaptioningRun,
  { images, what }: WantedImages,
  options: AttendOptions,
): Promise<Attended> {
  const { decode, output = join(runFolder(run.id), 'attention') } = options
  const { task, trained } = await readCaptioner(run, decode)
  return withEngine(task.config.engine, async (engine) => {
    const { weights, tokens: kind } = task.config.encoder
    const features = await encodeImages(engine, { weights, kind, images, what }, options)
    const means = { engine, task, trained: trained.tensors, features, images, report: options.report }
    const attended: AttendedImage[] = []
    for await (const { image, caption, ...looks } of looksAt(means, await captionsOf(means))) {
      const attention = join(output, `${image.stem}.safetensors`)
      const told = { run: run.id, decoding: decodingText(task.config.decode) }
      writeAttention(attention, { ...told, ...(await attendedCaption(task, image, caption, looks)) })
      attended.push({ image, caption: caption.caption, attention })
    }
    return { attended, warnings: task.warnings }
  })
}

interface Means extends Pick<AttendOptions, 'report'> {
  readonly engine: Engine
  readonly task: Task
  readonly trained: NamedArrays
  readonly features: Features
  readonly images: readonly ListedImage[]
}

const stemsOf = (images: readonly ListedImage[]) => images.map(({ stem }) => stem)

async function captionsOf({ engine, task, trained, features, images, report }: Means): Promise<Map<string, Captioned>> {
  const captioning = await openCaptioning(engine, task, trained, features)
  const captions = new Map<string, Captioned>()
  for await (const caption of captioning.captions(features, stemsOf(images))) {
    captions.set(caption.stem, caption)
    report({ phase: 'captions', done: captions.size, total: images.length, unit: 'captions' })
  }
  await captioning.dispose()
  return captions
}

const together = 8

async function* looksAt({ engine, task, trained, features, images }: Means, captions: ReadonlyMap<string, Captioned>) {
  const { tokenizer, plan, config, decoder } = task
  const maxLength = config.decode.max_length
  const looking = await openLooking(
    engine,
    { ...decoder.weights, ...trained },
    {
      plan,
      start: tokenizer.start,
      maxLength,
      images: Math.min(together, images.length),
      tokens: features.rowShape[0]!,
    },
  )
  for (let i = 0; i < images.length; i += together) {
    const few = images.slice(i, i + together)
    const found = few.map(({ stem }) => captions.get(stem)!)
    // a caption of the greatest length was cut: its end was not chosen
    const chosen = found.map(({ ids }) => (ids.length < maxLength ? [...ids, tokenizer.end] : ids))
    const looks = await looking.looks(features.rows(stemsOf(few)), chosen)
    yield* few.map((image, row) => ({ image, caption: found[row]!, ...looks[row]! }))
  }
  await looking.dispose()
}
