// The files that a config names: what is missing is told before any work, all of it at once, each with the command that brings it.
import { existsSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'
import { UserError } from '../base/errors.ts'
import { fromRoot } from '../base/files.ts'
import type { ClassifyConfig } from '../config/classify-config.ts'
import { pathForReader } from '../config/load.ts'
import type { RunConfig } from '../config/run-config.ts'
import { course } from '../sources/course.ts'
import { publishedAs } from '../sources/published.ts'
import { bytes } from '../tables/format.ts'
import { isProvided } from './world.ts'

export interface NeededFile {
  /** As the config writes it. */
  readonly path: string
  /** "the encoder's weights are" */
  readonly subject: string
}

/** What the features of a config are made from. */
export function featureFiles({ data, encoder, evaluate }: RunConfig): NeededFile[] {
  return [
    ...(isProvided(data.root) ? [] : dataFiles(join(data.root, 'p2_data'))),
    { path: encoder.weights, subject: "the encoder's weights are" },
    { path: evaluate.clip.weights, subject: "the judge's weights are" },
  ]
}

/** What a captioner is made from. */
export function captionerFiles({ encoder, decoder }: RunConfig): NeededFile[] {
  return [
    { path: encoder.weights, subject: "the encoder's weights are" },
    { path: decoder.weights, subject: "the decoder's weights are" },
    { path: join(decoder.vocabulary, 'encoder.json'), subject: "the decoder's tokens are" },
    { path: join(decoder.vocabulary, 'vocab.bpe'), subject: "the decoder's merges are" },
  ]
}

/** What a run opens. */
export function runFiles(config: RunConfig): NeededFile[] {
  const vocabulary = { path: config.evaluate.clip.vocabulary, subject: "the judge's vocabulary is" }
  return [...featureFiles(config), ...captionerFiles(config), vocabulary]
}

/** What a classification opens. */
export function classificationFiles({ data, clip }: ClassifyConfig): NeededFile[] {
  return [
    ...(isProvided(data.root) ? [] : labelledFiles(data.root)),
    { path: clip.weights, subject: "the CLIP's weights are" },
    { path: clip.vocabulary, subject: "the CLIP's vocabulary is" },
  ]
}

/** Problem 1's below a data root. */
export function labelledFiles(root: string): NeededFile[] {
  const folder = join(root, 'p1_data')
  if (!existsSync(fromRoot(folder))) return [{ path: folder, subject: 'the folder of labelled images is' }]
  return [
    { path: join(folder, 'id2label.json'), subject: 'the list of class names is' },
    { path: join(folder, 'val'), subject: 'the folder of images is' },
  ]
}

/** A folder that is missing as a whole is one thing that is missing. */
function dataFiles(folder: string): NeededFile[] {
  if (!existsSync(fromRoot(folder))) return [{ path: folder, subject: 'the folder of captions and images is' }]
  return [
    { path: join(folder, 'train.json'), subject: 'the file of captions is' },
    { path: join(folder, 'val.json'), subject: 'the file of captions is' },
    { path: join(folder, 'images/train'), subject: 'the folder of images is' },
    { path: join(folder, 'images/val'), subject: 'the folder of images is' },
  ]
}

/** Whether none of `files` is missing. */
export function areHere(files: readonly NeededFile[]): boolean {
  return files.every(({ path }) => existsSync(fromRoot(path)))
}

/** Throws one UserError with a line for each of `files` that is missing. */
export function requireFiles(files: readonly NeededFile[]): void {
  const missing = new Map(files.filter((file) => !areHere([file])).map(({ path, subject }) => [path, subject]))
  if (missing.size === 0) return
  throw new UserError(
    [...missing].map(([path, subject]) => `${pathForReader(path)}: ${subject} missing${remedy(path)}.`).join('\n'),
  )
}

/** Where a file comes from, if it is one that is published or given out. */
function remedy(path: string): string {
  const published = publishedAs(path)
  if (published !== undefined) {
    const { source, file } = published
    const elsewhere = fromRoot(dirname(path)) !== fromRoot(source.folder)
    const command = `captune get ${source.name}${elsewhere ? ` --to ${pathForReader(dirname(path))}` : ''}`
    return `; \`${command}\` brings ${basename(path)} (${bytes(file.bytes)})`
  }
  const isCourses = fromRoot(path).split(sep).includes(course.folder) || basename(path) === 'decoder_model.bin'
  return isCourses ? '; it is given out by the course, `captune get course` says how to get it' : ''
}
