// A folder of images through a trained run: what `captune caption` and the grading script do.
import { existsSync } from 'node:fs'
import { UserError } from '../base/errors.ts'
import { readSafetensors } from '../checkpoint/safetensors.ts'
import { loadRunConfig } from '../config/load.ts'
import { listImages } from '../data/label-folder.ts'
import { loadTrained } from '../peft/load-trained.ts'
import { openCaptioning } from './caption.ts'
import { encodeImages, type EncodeOptions } from './encode.ts'
import { checkpoints, configFile } from './run-folder.ts'
import { openTask, served } from './task.ts'
import { withEngine } from './with-engine.ts'

/** Captions by stem of the images in `images`, by the best checkpoint of the run in `folder`. UserError where something is missing. */
export async function captionImages(
  folder: string,
  images: string,
  options: EncodeOptions,
): Promise<{ captions: Record<string, string>; warnings: readonly string[] }> {
  const task = served(openTask(loadRunConfig(configFile(folder)).config))
  const { best } = checkpoints(folder)
  if (!existsSync(best)) throw new UserError(`${best}: missing, for no epoch of this run was scored; train it first.`)
  const tensors = loadTrained(best, readSafetensors(best).readAll(), task.parameters)
  const listed = listImages(images)
  return withEngine(task.config.engine, async (engine) => {
    const { weights, tokens: kind } = task.config.encoder
    const features = await encodeImages(engine, { weights, kind, images: listed.images, what: images }, options)
    const captioning = await openCaptioning(engine, task, engine.hold(tensors), features)
    const stems = listed.images.map(({ stem }) => stem)
    return { captions: await captioning.caption(features, stems, options.report), warnings: listed.warnings }
  })
}
