// One split of problem 2's data as a run sees it: images that exist, and their captions by stem.
import { join } from 'node:path'
import { fromRoot } from '../base/files.ts'
import { random } from '../base/random.ts'
import { captionsPerImage, readCocoCaptions, refuseMissingImages } from '../data/coco-captions.ts'
import type { ListedImage } from '../data/label-folder.ts'

export interface Split {
  /** In the order of their stems, which is the order of cached features. */
  readonly images: readonly ListedImage[]
  /** The human captions of each stem, as they stand in the file. */
  readonly references: Readonly<Record<string, readonly string[]>>
  readonly warnings: readonly string[]
}

/** `p2_data/<name>.json` and its images below a data root. Throws UserError where they are missing, malformed or do not fit. */
export function readSplit(root: string, name: 'train' | 'val'): Split {
  const folder = join(fromRoot(root), 'p2_data')
  return splitOf(join(folder, `${name}.json`), join(folder, 'images', name))
}

/** The captions of `annotations` and the folder of their images, which may be left out where only texts count. */
export function splitOf(annotations: string, imageFolder?: string): Split {
  const captions = readCocoCaptions(annotations)
  if (imageFolder !== undefined) refuseMissingImages(captions, imageFolder)
  const texts = captionsPerImage(captions)
  const images = captions.images.map(({ fileName: file, stem }) => ({ file, stem, path: join(imageFolder ?? '', file) }))
  const entries = captions.images.flatMap(({ stem }, i) => (texts[i]!.length > 0 ? [[stem, texts[i]!] as const] : []))
  return {
    images: images.toSorted((a, b) => (a.stem < b.stem ? -1 : 1)),
    references: Object.fromEntries(entries),
    warnings: captions.warnings,
  }
}

/** The part of a split that can be scored: images with captions. */
export function scorable({ images, references, warnings }: Split): Split {
  return { images: images.filter(({ stem }) => Object.hasOwn(references, stem)), references, warnings }
}

/** `count` images of a split, the same in every run, whatever its seed: scores on them can be compared. */
export function fixedSample(split: Split, count: number): Split {
  const order = random(0, 'evaluate.subset').shuffled(split.images)
  const images = order.slice(0, count).toSorted((a, b) => (a.stem < b.stem ? -1 : 1))
  return { images, references: Object.fromEntries(images.map(({ stem }) => [stem, split.references[stem]!])), warnings: [] }
}
