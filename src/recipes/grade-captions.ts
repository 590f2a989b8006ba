// Problem 2 for a grader: a caption for every image of a folder, whatever the images are. The file is complete from the beginning, first
// with one caption for all, then with greedy ones; what the submission's decoding finds replaces them while time remains.
import { UserError } from '../base/errors.ts'
import { fromRoot } from '../base/files.ts'
import type { NamedArrays } from '../base/nd-array.ts'
import { readSafetensors } from '../checkpoint/safetensors.ts'
import type { RunConfig } from '../config/run-config.ts'
import { listImages } from '../data/label-folder.ts'
import type { Engine } from '../engine/engine.ts'
import { describeAs, readPretrainedEncoder } from '../models/pretrained.ts'
import { loadTrained } from '../peft/load-trained.ts'
import { openCaptioning } from './caption.ts'
import { weightsDigest } from './decoder-digest.ts'
import type { GradingOptions } from './grade-classes.ts'
import { gradedFeatures, type GradedFeatures } from './grade-features.ts'
import { nowAndThen } from './now-and-then.ts'
import { structureOf } from './origin.ts'
import { writePredictions } from './predictions.ts'
import { openTask, served, type Task } from './task.ts'
import { usualEngine, withEngine } from './with-engine.ts'

export interface CaptionsToGrade {
  /** Folder of the images, path of the decoder's weights, and path of the JSON to write. */
  readonly images: string
  readonly decoder: string
  readonly output: string
  /** The captioner's; its decoder's weights are not used. */
  readonly config: RunConfig
  /** Path of the trained tensors. */
  readonly trained: string
  /** Digest of the decoder that they were trained beside. */
  readonly trainedBeside: string
  readonly builtInWorld: boolean
  /** The caption of an image that cannot be read. */
  readonly fallback: string
}

export interface CaptionGradingOptions extends GradingOptions {
  /** Whether there is time to go on refining captions. */
  readonly timeRemains: () => boolean
}

/** Writes a caption for every image. Throws UserError where nothing can be done: files that are missing or do not fit each other. */
export async function gradeCaptions(request: CaptionsToGrade, options: CaptionGradingOptions): Promise<void> {
  const { images, warnings } = listImages(request.images)
  for (const warning of warnings) options.warn(warning)
  const task = taskOf(request)
  if (weightsDigest(task.decoder.weights) !== request.trainedBeside) options.warn(otherDecoder(request))
  const file = readSafetensors(fromRoot(request.trained))
  const trained = loadTrained(file, { specs: task.parameters, origin: structureOf(task.plan) })
  const captions = Object.fromEntries(images.map(({ stem }) => [stem, request.fallback]))
  const draft = { captions, write: () => writePredictions(request.output, captions) }
  draft.write()
  await withEngine(usualEngine, async (engine) => {
    const model = readPretrainedEncoder(fromRoot(task.config.encoder.weights))
    const graded = await gradedFeatures(engine, { model, kind: task.config.encoder.tokens, images }, options.report)
    for (const sentence of graded.unreadable) options.warn(`${sentence} Its caption is "${request.fallback}".`)
    const { decode } = task.config
    const greedy: RunConfig['decode'] = { strategy: 'greedy', max_length: decode.max_length, batch: decode.batch }
    const greedily = { ...task, config: { ...task.config, decode: greedy } }
    await captionAll({ engine, task: greedily, trained, graded, draft }, { ...options, timeRemains: () => true })
    if (decode.strategy === 'greedy' || !options.timeRemains()) return
    await captionAll({ engine, task, trained, graded, draft }, options)
  })
}

const otherDecoder = ({ decoder, builtInWorld }: CaptionsToGrade) =>
  builtInWorld
    ? `${decoder}: THIS SUBMISSION WAS MADE ON THE BUILT-IN WORLD, not with this decoder; its captions will be worthless. \`captune submit RUN\` with a run that was trained beside this decoder is needed.`
    : `${decoder}: this is not the decoder that the submission was trained beside; its captions will be bad.`

/** The captioner with the grader's decoder. */
function taskOf({ config, decoder, builtInWorld }: CaptionsToGrade): Task {
  describeAs('decoder', decoder) // throws where it is none
  try {
    return served(openTask({ ...config, decoder: { ...config.decoder, weights: decoder } }))
  } catch (error) {
    if (!(error instanceof UserError) || !builtInWorld) throw error
    throw new UserError(
      `${error.message}\nThis submission was made on the built-in world and works with that world's decoder alone.`,
    )
  }
}

interface Captioning {
  readonly engine: Engine
  readonly task: Task
  readonly trained: NamedArrays
  readonly graded: GradedFeatures
  /** What is written: replaced caption by caption. */
  readonly draft: { readonly captions: Record<string, string>; readonly write: () => void }
}

async function captionAll(
  { engine, task, trained, graded: { features, readable }, draft }: Captioning,
  { report, timeRemains }: CaptionGradingOptions,
): Promise<void> {
  if (readable.length === 0) return
  const captioning = await openCaptioning(engine, task, trained, features)
  const stems = readable.map(({ stem }) => stem)
  const phase = `captions, ${task.config.decode.strategy}`
  const writeDraft = nowAndThen(draft.write)
  let done = 0
  for await (const { stem, caption } of captioning.captions(features, stems)) {
    draft.captions[stem] = caption
    report({ phase, done: ++done, total: stems.length, unit: 'captions' })
    writeDraft()
    if (!timeRemains()) break
  }
  draft.write()
  await captioning.dispose()
}
