// Captions in COCO's JSON layout, as the course lays out `train.json` and `val.json`, checked like anything that comes from outside.
import { readdirSync } from 'node:fs'
import { parse } from 'node:path'
import { systemCode, UserError } from '../base/errors.ts'
import { readJson } from '../base/files.ts'

export interface CocoImage {
  readonly id: number
  /** `000000060623.jpg` */
  readonly fileName: string
  /** `000000060623`: the key of predictions. */
  readonly stem: string
}

export interface CocoCaption {
  readonly imageId: number
  /** As it stands in the file, line ends and stray spaces included: what scores are computed with. */
  readonly text: string
}

export interface CocoCaptions {
  /** In the file's order. */
  readonly images: readonly CocoImage[]
  readonly captions: readonly CocoCaption[]
  /** Sentences for the user about what is odd but usable: images without a caption. */
  readonly warnings: readonly string[]
}

/** Reads `{images: [{id, file_name}], annotations: [{image_id, caption}]}`. UserError naming the entry that is wrong. */
export function readCocoCaptions(path: string): CocoCaptions {
  const content = readJson(path, 'the file of captions')
  if (!isRecord(content)) throw new UserError(`${path}: not a JSON object; {"images": [...], "annotations": [...]} is needed.`)
  const images = listIn(content, 'images', path).map((entry, i) => imageOf(entry, `${path}: images[${i}]`))
  if (images.length === 0) throw new UserError(`${path}: "images" is empty; at least one image is needed.`)
  refuseTwice(images, path)
  const known = new Set(images.map(({ id }) => id))
  const captions = listIn(content, 'annotations', path).map((entry, i) => captionOf(entry, `${path}: annotations[${i}]`, known))
  return { images, captions, warnings: uncaptioned(images, captions, path) }
}

function listIn(content: Record<string, unknown>, key: string, path: string): unknown[] {
  const list = content[key]
  if (!Array.isArray(list)) throw new UserError(`${path}: "${key}" is ${kindOf(list)}; a list is needed.`)
  return list
}

function imageOf(entry: unknown, where: string): CocoImage {
  const { id, file_name: fileName } = recordAt(entry, where)
  if (typeof id !== 'number' || !Number.isSafeInteger(id))
    throw new UserError(`${where}: "id" is ${kindOf(id)}; a whole number is needed.`)
  if (typeof fileName !== 'string') throw new UserError(`${where}: "file_name" is ${kindOf(fileName)}; a text is needed.`)
  if (fileName.trim() === '' || /[/\\\0]/.test(fileName) || /^\.+$/.test(fileName))
    throw new UserError(`${where}: "file_name" is ${JSON.stringify(fileName)}; the plain name of an image file is needed.`)
  return { id, fileName, stem: parse(fileName).name }
}

function captionOf(entry: unknown, where: string, known: ReadonlySet<number>): CocoCaption {
  const { image_id: imageId, caption } = recordAt(entry, where)
  if (typeof imageId !== 'number')
    throw new UserError(`${where}: "image_id" is ${kindOf(imageId)}; the id of an image is needed.`)
  if (!known.has(imageId))
    throw new UserError(`${where}: "image_id" is ${imageId}, which is not in "images"; list the image or remove the caption.`)
  if (typeof caption !== 'string') throw new UserError(`${where}: "caption" is ${kindOf(caption)}; a text is needed.`)
  if (caption.trim() === '') throw new UserError(`${where}: "caption" is empty; write one or remove the entry.`)
  return { imageId, text: caption }
}

function refuseTwice(images: readonly CocoImage[], path: string): void {
  const kinds = [
    { what: '"id"', key: ({ id }: CocoImage) => id },
    { what: '"file_name"', key: ({ fileName }: CocoImage) => fileName },
    { what: 'name without extension', key: ({ stem }: CocoImage) => stem },
  ]
  for (const { what, key } of kinds) {
    const seen = new Map<string | number, number>()
    images.forEach((image, i) => {
      const first = seen.get(key(image))
      if (first !== undefined)
        throw new UserError(
          `${path}: images[${i}]: the ${what} ${JSON.stringify(key(image))} is that of images[${first}] too; each image needs its own.`,
        )
      seen.set(key(image), i)
    })
  }
}

function uncaptioned(images: readonly CocoImage[], captions: readonly CocoCaption[], path: string): string[] {
  const captioned = new Set(captions.map(({ imageId }) => imageId))
  const without = images.filter(({ id }) => !captioned.has(id)).map(({ fileName }) => fileName)
  return without.length === 0
    ? []
    : [`${path}: ${without.length} of ${images.length} images have no caption: ${firstThree(without)}.`]
}

/** The raw captions of each image, in the order of `images`. */
export function captionsPerImage({ images, captions }: CocoCaptions): string[][] {
  const texts = new Map<number, string[]>(images.map(({ id }) => [id, []]))
  for (const { imageId, text } of captions) texts.get(imageId)?.push(text)
  return [...texts.values()]
}

/** A caption for training: white space of any kind collapsed to one space. */
export function normaliseCaption(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

/** Throws UserError where `folder` lacks a file of `images`: how many, and the first three. */
export function refuseMissingImages({ images }: Pick<CocoCaptions, 'images'>, folder: string): void {
  const present = new Set(namesIn(folder))
  const missing = images.map(({ fileName }) => fileName).filter((name) => !present.has(name))
  if (missing.length > 0)
    throw new UserError(`${folder}: ${missing.length} of ${images.length} captioned images are missing: ${firstThree(missing)}.`)
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT') throw new UserError(`${folder}: the folder of images is missing.`)
    if (code === 'ENOTDIR') throw new UserError(`${folder}: this is a file; the folder of images is needed.`)
    if (code === 'EACCES') throw new UserError(`${folder}: the folder of images cannot be read, permission denied.`)
    throw error
  }
}

function firstThree(names: readonly string[]): string {
  return names.slice(0, 3).join(', ') + (names.length > 3 ? ', ...' : '')
}

function recordAt(entry: unknown, where: string): Record<string, unknown> {
  if (!isRecord(entry)) throw new UserError(`${where}: ${kindOf(entry)}; an object is needed.`)
  return entry
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'missing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'string') return `the text ${JSON.stringify(value.slice(0, 40))}`
  return typeof value === 'object' && value !== null ? 'an object' : JSON.stringify(value)
}
