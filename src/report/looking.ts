// Sections 3.1 and 3.2: captions of the test images with where their words looked, and the best and worst pair by CLIPScore.
import { existsSync, readdirSync } from 'node:fs'
import { join, parse } from 'node:path'
import { fromRoot } from '../base/files.ts'
import { CheckpointError } from '../checkpoint/safetensors.ts'
import { readAttention, type AttendedCaption } from '../checkpoint/attention-file.ts'
import { fixed } from '../tables/format.ts'
import type { Reader } from '../tracking/reader.ts'
import { topAndBottom } from './top-and-bottom.ts'
import type { ContentsOptions, Missing, Part, Picture, ScoredPair } from './parts.ts'
import { wanted } from './course.ts'

export function lookingPart({ reader, runsFolder, chosen: { best } }: ContentsOptions): Part {
  if (best === undefined) return { tables: [], missing: [] }
  const decoding = reader.environment(best)['score.val.decoding']
  const lookedAt = (stem: string, caption?: string) => lookedIn(attentionPath(runsFolder, best, stem), { decoding, caption })
  const testFolder = join(String(reader.config(best)['data.root'] ?? ''), 'p3_data', 'images')
  const testImages = imagesIn(fromRoot(testFolder)).map((picture) => ({ ...picture, looked: lookedAt(picture.stem) }))
  const pairs = extremes(reader, best).map((pair) => ({ ...pair, looked: lookedAt(pair.stem, pair.caption) }))
  const titles = ['pair', 'image', 'caption', 'CLIPScore']
  const rows = pairs.map(({ rank, stem, caption, clipscore }) =>
    [rank, stem, caption, fixed(clipscore, 4)].map((text) => ({ text })),
  )
  return {
    testImages,
    pairs,
    tables:
      pairs.length === 0
        ? []
        : [
            [
              'pairs',
              {
                section: '3.2',
                title: 'Best and worst pair by CLIPScore',
                table: { columns: titles.map((title) => ({ title })), rows },
              },
            ],
          ],
    missing: missingLooks(best, testFolder, testImages, pairs),
  }
}

/** The images of a folder, in the order of their names; none where there is no such folder. */
function imagesIn(folder: string): Picture[] {
  if (!existsSync(folder)) return []
  const files = readdirSync(folder).filter((file) => /\.(jpe?g|png|webp|gif)$/i.test(file))
  return files
    .sort(new Intl.Collator('en', { numeric: true }).compare)
    .map((file) => ({ stem: parse(file).name, path: join(folder, file) }))
}

/** The validation pairs with the highest and the lowest CLIPScore. */
function extremes(reader: Reader, run: string): Omit<ScoredPair, 'looked'>[] {
  const { top, bottom } = topAndBottom(reader, run)
  const named = [
    ...top.map((pair) => ({ ...pair, rank: 'best' as const })),
    ...bottom.map((pair) => ({ ...pair, rank: 'worst' as const })),
  ]
  return named.length < 2 ? [] : named.map(({ image, path = '', ...pair }) => ({ ...pair, stem: image, path }))
}

const attentionPath = (runsFolder: string, run: string, stem: string): string =>
  join(runsFolder, run, 'attention', `${stem}.safetensors`)

/** Undefined where there is no file, or one of a caption that the report does not show: another one, or one searched in another way. */
function lookedIn(
  path: string,
  shown: { decoding: string | undefined; caption: string | undefined },
): AttendedCaption | undefined {
  const attended = existsSync(path) ? readIfWhole(path) : undefined
  if (attended === undefined) return undefined
  const { decoding = attended.decoding, caption = attended.caption } = shown
  return attended.decoding === decoding && attended.caption === caption ? attended : undefined
}

/** Undefined where the file is damaged: `report build` then makes it again. */
function readIfWhole(path: string): AttendedCaption | undefined {
  try {
    return readAttention(path)
  } catch (error) {
    if (error instanceof CheckpointError) return undefined
    throw error
  }
}

function missingLooks(
  run: string,
  folder: string,
  images: readonly { looked: AttendedCaption | undefined }[],
  pairs: readonly ScoredPair[],
): Missing[] {
  const missing: Missing[] = []
  const unseen = images.filter(({ looked }) => looked === undefined).length
  const remedy = `./captune attend ${run} --images ${folder}`
  if (images.length < wanted.testImages)
    missing.push({ section: '3.1', what: `${wanted.testImages} test images in ${folder}; there are ${images.length}`, remedy })
  if (unseen > 0) missing.push({ section: '3.1', what: `attention maps of ${unseen} test images`, remedy })
  if (pairs.length === 0)
    missing.push({ section: '3.2', what: 'CLIPScores of the validation pairs', remedy: `./captune evaluate ${run}` })
  if (pairs.some(({ looked }) => looked === undefined))
    missing.push({ section: '3.2', what: 'attention maps of the best and the worst pair', remedy: './captune report build' })
  return missing
}
