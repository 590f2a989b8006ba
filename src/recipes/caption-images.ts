// A folder of images through a trained run: what `captune caption` and the grading script do.
import { loadRunConfig } from '../config/load.ts'
import { listImages } from '../data/label-folder.ts'
import { openCaptioning } from './caption.ts'
import { encodeImages, type EncodeOptions } from './encode.ts'
import { configFile } from './run-folder.ts'
import { openTask, served } from './task.ts'
import { readBest } from './trained.ts'
import { withEngine } from './with-engine.ts'

export interface CaptionImagesOptions extends EncodeOptions {
  /** How captions are written, as on the command line: `beam:5`; as the run's configuration says where it is left out. */
  readonly decode?: string | undefined
}

/** Captions by stem of the images in `images`, by the best checkpoint of the run in `folder`. UserError where something is missing. */
export async function captionImages(
  folder: string,
  images: string,
  options: CaptionImagesOptions,
): Promise<{ captions: Record<string, string>; warnings: readonly string[] }> {
  const task = served(openTask(loadRunConfig(configFile(folder), decodeOverride(options)).config))
  const { tensors } = await readBest(folder, task)
  const listed = listImages(images)
  return withEngine(task.config.engine, async (engine) => {
    const { weights, tokens: kind } = task.config.encoder
    const features = await encodeImages(engine, { weights, kind, images: listed.images, what: images }, options)
    const captioning = await openCaptioning(engine, task, tensors, features)
    const stems = listed.images.map(({ stem }) => stem)
    return {
      captions: await captioning.caption(features, stems, options.report),
      warnings: [...task.warnings, ...listed.warnings],
    }
  })
}

function decodeOverride({ decode }: CaptionImagesOptions): string[] {
  return decode === undefined ? [] : [`decode=${decode}`]
}
