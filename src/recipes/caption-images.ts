// A folder of images through a run's captioner: what `captune caption` does.
import { listImages } from '../data/label-folder.ts'
import { openCaptioning } from './caption.ts'
import { readCaptioner, type CaptioningRun } from './captioning-run.ts'
import { encodeImages, type EncodeOptions } from './encode.ts'
import { withEngine } from './with-engine.ts'

export interface CaptionImagesOptions extends EncodeOptions {
  /** How captions are written, as on the command line: `beam:5`; as the run's configuration says where it is left out. */
  readonly decode?: string | undefined
}

/** Captions by stem of the images in the folder `images`, by the run's best checkpoint. UserError where something is missing. */
export async function captionImages(
  run: CaptioningRun,
  images: string,
  { decode, ...options }: CaptionImagesOptions,
): Promise<{ captions: Record<string, string>; warnings: readonly string[] }> {
  const listed = listImages(images)
  const { task, trained } = await readCaptioner(run, decode)
  return withEngine(task.config.engine, async (engine) => {
    const { weights, tokens: kind } = task.config.encoder
    const features = await encodeImages(engine, { weights, kind, images: listed.images, what: images }, options)
    const captioning = await openCaptioning(engine, task, trained.tensors, features)
    const stems = listed.images.map(({ stem }) => stem)
    return {
      captions: await captioning.caption(features, stems, options.report),
      warnings: [...task.warnings, ...listed.warnings],
    }
  })
}
