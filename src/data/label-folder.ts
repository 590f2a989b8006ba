// Folders of pictures: whichever `captune` is asked to label or to caption, and problem 1's, whose file names begin with the class number.
import { readdirSync } from 'node:fs'
import type { Dirent } from 'node:fs'
import { join, parse } from 'node:path'
import { systemCode, UserError } from '../base/errors.ts'
import { readJson } from '../base/files.ts'

export interface ListedImage {
  /** "40_454.png" */
  readonly file: string
  /** "40_454": the key of a prediction. */
  readonly stem: string
  readonly path: string
}

export interface ImageList {
  /** In the order of their names' code points. */
  readonly images: readonly ListedImage[]
  /** One sentence for each thing that a reader should know: files left out. */
  readonly warnings: readonly string[]
}

export interface LabelledImage extends ListedImage {
  /** Class number; undefined where the file's name does not begin with one of the known classes. */
  readonly label: number | undefined
}

/** BMP and TIFF are listed so that reading them fails aloud. */
const extensions: readonly string[] = ['.jpg', '.jpeg', '.png', '.webp', '.gif', '.bmp', '.tif', '.tiff']

/**
 * The pictures of a folder (not of folders inside it). Other files are left out, and of two pictures that differ in their extension alone the second;
 * both are told in `warnings`, hidden files are not. Throws UserError where the folder is missing or holds no picture.
 */
export function listImages(folder: string): ImageList {
  const { images, warnings } = listImageFiles(folder)
  const byStem = new Map<string, ListedImage>()
  const same: string[] = []
  for (const image of images) {
    const earlier = byStem.get(image.stem)
    if (earlier === undefined) byStem.set(image.stem, image)
    else same.push(`${folder}: "${image.file}" is left out, "${earlier.file}" has the same name but for the extension.`)
  }
  return { images: [...byStem.values()], warnings: [...warnings, ...same] }
}

/** As `listImages`, but with every picture: two of them may have the same stem. */
export function listImageFiles(folder: string): ImageList {
  const names = entriesOf(folder)
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
    .sort(byCodePoint)
  const isImage = (name: string) => extensions.includes(parse(name).ext.toLowerCase())
  const images = names.filter(isImage).map((file) => ({ file, stem: parse(file).name, path: join(folder, file) }))
  if (images.length === 0) throw new UserError(`${folder}: the folder holds no images; JPEG, PNG, WebP or GIF files are needed.`)
  return {
    images,
    warnings: strayWarning(
      folder,
      names.filter((name) => !isImage(name)),
    ),
  }
}

/** Problem 1's folder: pictures with the class number of their name ("40_454.png" is of class 40). Warnings and errors as `listImages`. */
export function readLabelFolder(
  folder: string,
  classes: ReadonlyMap<number, string>,
): { images: LabelledImage[]; warnings: readonly string[] } {
  const { images, warnings } = listImages(folder)
  return { images: images.map((image) => ({ ...image, label: labelIn(image.stem, classes) })), warnings }
}

/**
 * `id2label.json`: class names by number, in the order of the numbers. Throws UserError where the file is missing, malformed, empty, or has a key that is no
 * number or a value that is no name.
 */
export function readClasses(path: string): Map<number, string> {
  const value = readJson(path, 'the list of class names')
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UserError(`${path}: the list of class names is not an object; {"0": "bicycle", "1": "chair", ...} is needed.`)
  }
  const classes = Object.entries(value).map(([key, name]: [string, unknown]): [number, string] => {
    if (!/^(0|[1-9]\d{0,8})$/.test(key))
      throw new UserError(`${path}: the key "${key}" is not a class number; 0, 1, 2, ... are needed.`)
    if (typeof name !== 'string' || name.trim() === '') {
      throw new UserError(`${path}: class ${key} has ${JSON.stringify(name)} for its name; a text that is not empty is needed.`)
    }
    return [Number(key), name]
  })
  if (classes.length === 0) throw new UserError(`${path}: the list of class names is empty; at least one class is needed.`)
  return new Map(classes.sort(([a], [b]) => a - b))
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    switch (systemCode(error)) {
      case 'ENOENT':
        throw new UserError(`${folder}: the image folder is missing.`)
      case 'ENOTDIR':
        throw new UserError(`${folder}: this is a file; a folder of images is needed.`)
      case 'EACCES':
      case 'EPERM':
        throw new UserError(`${folder}: the image folder cannot be read, permission denied.`)
      default:
        throw error
    }
  }
}

function strayWarning(folder: string, strays: readonly string[]): string[] {
  if (strays.length === 0) return []
  const [first, rest] = [`"${strays[0]!}"`, strays.length - 1]
  return [
    rest === 0
      ? `${folder}: ${first} is left out, it is no image.`
      : `${folder}: ${first} and ${rest} more are left out, they are no images.`,
  ]
}

function labelIn(stem: string, classes: ReadonlyMap<number, string>): number | undefined {
  const [, number] = /^(\d+)_/.exec(stem) ?? []
  return number !== undefined && classes.has(Number(number)) ? Number(number) : undefined
}

/** As Python sorts: UTF-8 bytes stand in the order of code points, JavaScript's own order is of UTF-16 units. */
function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
