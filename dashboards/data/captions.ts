// What attempts say about the same images, beside what people said.
import type { Reader, StoredSample } from '../../src/tracking/reader.ts'

export interface CaptionedImage {
  /** Fingerprint of the data that it belongs to. */
  readonly data: string
  /** Its file's name without the extension. */
  readonly image: string
  readonly references: readonly string[]
  /** By run; a run that was scored on other images is missing. */
  readonly captions: Readonly<Record<string, ScoredCaption>>
}

export type ScoredCaption = Pick<StoredSample, 'caption' | 'cider' | 'clipscore'>

/** The validation images of the first run that has captions, by name, with what all runs said about them. */
export function captionsOf(reader: Reader, runs: readonly string[]): CaptionedImage[] {
  const told = runs.map((run) => ({ run, data: dataOf(reader, run), samples: reader.samples(run, 'val') }))
  const first = told.find(({ samples }) => samples.length > 0)
  if (first === undefined) return []
  const byImage = new Map<string, Record<string, ScoredCaption>>(first.samples.map(({ image }) => [image, {}]))
  for (const { run, data, samples } of told) {
    if (data !== first.data) continue
    for (const { image, caption, cider, clipscore } of samples) {
      const captions = byImage.get(image)
      if (captions !== undefined) captions[run] = { caption, cider, clipscore }
    }
  }
  const { data } = first
  return [...byImage].map(([image, captions]) => ({ data, image, references: reader.references(data, image), captions }))
}

function dataOf(reader: Reader, run: string): string {
  const facts = reader.environment(run)
  return facts['score.val.data'] ?? facts['data.fingerprint'] ?? ''
}

export const orders = ['disagreement', 'regression', 'name'] as const
export type CaptionOrder = (typeof orders)[number]

/** What an image is sorted by: `apart` how far the attempts' CIDEr are apart, `worse` how far one falls behind the baseline's. */
export interface Ranked {
  readonly image: CaptionedImage
  readonly apart: number
  readonly worse: number
}

/**
 * The images in order, largest first (by name: all alike), among them those alone of which a caption, a reference or the name contains
 * `search`, in any case. Where no caption has a CIDEr, words that are not everybody's count instead.
 */
export function rankedImages(
  images: readonly CaptionedImage[],
  baseline: string | undefined,
  order: CaptionOrder,
  search = '',
): Ranked[] {
  const wanted = search.toLowerCase()
  const ranked = images.filter((image) => contains(image, wanted)).map((image) => rankOf(image, baseline))
  if (order === 'name') return ranked
  return ranked.sort((a, b) => (order === 'regression' ? b.worse - a.worse : 0) || b.apart - a.apart)
}

function contains({ image, references, captions }: CaptionedImage, wanted: string): boolean {
  const texts = [image, ...references, ...Object.values(captions).map(({ caption }) => caption)]
  return wanted === '' || texts.some((text) => text.toLowerCase().includes(wanted))
}

function rankOf(image: CaptionedImage, baseline: string | undefined): Ranked {
  const all = Object.values(image.captions)
  const scores = all.flatMap(({ cider }) => (cider === undefined ? [] : [cider]))
  const own = baseline === undefined ? undefined : image.captions[baseline]?.cider
  if (scores.length === 0) return { image, apart: shareApart(all.map(({ caption }) => caption)), worse: 0 }
  return { image, apart: Math.max(...scores) - Math.min(...scores), worse: own === undefined ? 0 : own - Math.min(...scores) }
}

function shareApart(captions: readonly string[]): number {
  const marks = differingWords(captions).flat()
  return marks.length === 0 ? 0 : marks.filter(Boolean).length / marks.length
}

/** The words of a caption as it is shown. */
export function wordsOf(caption: string): string[] {
  return caption.split(/\s+/).filter((word) => word !== '')
}

/** For each word of each caption whether some other caption lacks it: a word that stands twice has to stand twice everywhere. */
export function differingWords(captions: readonly string[]): boolean[][] {
  const counts = captions.map((caption) => countsOf(wordsOf(caption).map(plainWord)))
  return captions.map((caption) => {
    const seen = new Map<string, number>()
    return wordsOf(caption).map((word) => {
      const plain = plainWord(word)
      const nth = (seen.get(plain) ?? 0) + 1
      seen.set(plain, nth)
      return counts.some((count) => (count.get(plain) ?? 0) < nth)
    })
  })
}

const plainWord = (word: string) => word.toLowerCase().replace(/[.,;:!?]+$/, '')

function countsOf(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return counts
}
