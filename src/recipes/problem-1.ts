// Problem 1's data: the labelled images of a data root, and the names of their classes.
import { join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { fromRoot } from '../base/files.ts'
import { readClasses, readLabelFolder, type LabelledImage } from '../data/label-folder.ts'

export interface LabelledFolder {
  /** The folder of the images. */
  readonly folder: string
  /** Path of `id2label.json`. */
  readonly list: string
  /** In the order of their names. */
  readonly images: readonly LabelledImage[]
  /** Class names by number. */
  readonly classes: ReadonlyMap<number, string>
  readonly warnings: readonly string[]
}

/** `p1_data/{id2label.json,val}` below a data root. UserError where something is missing or malformed, or an image's name begins with no class. */
export function readProblem1(root: string): LabelledFolder {
  const data = join(fromRoot(root), 'p1_data')
  const labelled = readImagesToClassify(join(data, 'val'), join(data, 'id2label.json'))
  const stray = labelled.images.find(({ label }) => label === undefined)
  if (stray !== undefined)
    throw new UserError(`${stray.path}: the name begins with no class of ${labelled.list}; a name like 40_454.png is needed.`)
  return labelled
}

/** A folder of images and a list of classes from anywhere; where names begin with class numbers, those are the truth. */
export function readImagesToClassify(folder: string, list: string): LabelledFolder {
  const classes = readClasses(list)
  return { folder, list, classes, ...readLabelFolder(folder, classes) }
}
