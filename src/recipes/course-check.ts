// The course's tree against what the course gives out: counts, names, and whether its files fit each other. Every deviation is one line.
import { existsSync, readdirSync } from 'node:fs'
import { extname, join } from 'node:path'
import { messageOf, UserError } from '../base/errors.ts'
import { readCocoCaptions, refuseMissingImages, type CocoCaptions } from '../data/coco-captions.ts'
import { readClasses, readLabelFolder } from '../data/label-folder.ts'
import { readWorld } from '../data/shapes/world.ts'
import { describeAs } from '../models/pretrained.ts'
import { course } from '../sources/course.ts'
import { thousands } from '../tables/format.ts'

/** One thing that is counted. */
export interface CourseCount {
  /** Relative to the root. */
  readonly part: string
  readonly unit: string
  readonly expected: number
  readonly found: number
}

export interface CourseCheck {
  readonly counts: readonly CourseCount[]
  /** A sentence for each thing that is not as the course gives it out; empty for a complete tree. */
  readonly deviations: readonly string[]
}

/** Looks at the tree in `root`: reads its JSON files and its folders' names, no picture. */
export function checkCourse(root: string): CourseCheck {
  const deviations: string[] = worldNotice(root)
  const at = (part: string) => join(root, part)
  const attempt = <T>(work: () => T): T | undefined => {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      deviations.push(messageOf(error).replaceAll(`${root}/`, ''))
      return undefined
    }
  }
  const classes = attempt(() => readClasses(at('p1_data/id2label.json')))
  if (classes !== undefined) attempt(() => requireLabels(at('p1_data/val'), classes))
  const captions = (split: 'train' | 'val') => {
    const read = attempt(() => readCocoCaptions(at(`p2_data/${split}.json`)))
    if (read !== undefined) attempt(() => requireConsistent(read, at(`p2_data/images/${split}`)))
    return read?.images.length ?? 0
  }
  const counts: CourseCount[] = [
    { part: 'p1_data/id2label.json', unit: 'classes', expected: course.classes, found: classes?.size ?? 0 },
    { part: 'p1_data/val', unit: 'PNG images', expected: course.labelled, found: imagesIn(at('p1_data/val'), '.png') },
    { part: 'p2_data/train.json', unit: 'images', expected: course.train, found: captions('train') },
    { part: 'p2_data/images/train', unit: 'images', expected: course.train, found: imagesIn(at('p2_data/images/train')) },
    { part: 'p2_data/val.json', unit: 'images', expected: course.val, found: captions('val') },
    { part: 'p2_data/images/val', unit: 'images', expected: course.val, found: imagesIn(at('p2_data/images/val')) },
    { part: 'p3_data/images', unit: 'images', expected: course.gallery.length, found: imagesIn(at('p3_data/images')) },
  ]
  attempt(() => requireGallery(at('p3_data/images')))
  attempt(() => describeAs('decoder', at('p2_data/decoder_model.bin')))
  deviations.push(...counts.filter(({ expected, found }) => expected !== found).map(countSentence))
  return { counts, deviations: [...new Set(deviations)] }
}

function countSentence({ part, unit, expected, found }: CourseCount): string {
  return `${part}: ${thousands(found)} ${unit}; the course gives out ${thousands(expected)}.`
}

function worldNotice(root: string): string[] {
  if (readWorld(root) === undefined) return []
  return ["world.json: this is the built-in world and not the course's data; its counts are its own."]
}

function requireLabels(folder: string, classes: ReadonlyMap<number, string>): void {
  const { images } = readLabelFolder(folder, classes)
  const stray = images.filter(({ label }) => label === undefined).map(({ file }) => file)
  if (stray.length > 0)
    throw new UserError(
      `${folder}: ${stray.length} of ${images.length} names begin with no class of id2label.json: ${stray.slice(0, 3).join(', ')}${stray.length > 3 ? ', ...' : ''}.`,
    )
}

function requireConsistent(captions: CocoCaptions, images: string): void {
  refuseMissingImages(captions, images)
  const [without] = captions.warnings
  if (without !== undefined) throw new UserError(without)
}

function requireGallery(folder: string): void {
  const missing = course.gallery.filter((name) => !existsSync(join(folder, name)))
  if (missing.length > 0) throw new UserError(`${folder}: ${missing.join(', ')} missing.`)
}

function imagesIn(folder: string, only?: string): number {
  if (!existsSync(folder)) return 0
  const extensions = only === undefined ? ['.jpg', '.jpeg', '.png'] : [only]
  return readdirSync(folder).filter((name) => extensions.includes(extname(name).toLowerCase())).length
}
