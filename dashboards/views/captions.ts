// One image at a time: the image, what each attempt says about it with that caption's own scores, and what people said. Words that not all
// attempts have stand in brackets.
import { heatOver } from '../../src/images/heat-map.ts'
import { fixed, percent } from '../../src/tables/format.ts'
import { rank } from '../../src/tables/rank.ts'
import { cell, harmless, type Table } from '../../src/tables/table.ts'
import { markOf, paintSeries } from '../charts/series-look.ts'
import type { Attempt } from '../data/attempts.ts'
import { differingWords, wordsOf, type CaptionedImage, type CaptionOrder, type Ranked } from '../data/captions.ts'
import type { Picture } from '../data/picture.ts'
import { answerTo, type Model, type Size } from '../model.ts'
import { pictureLines, type Colours } from '../pictures/half-blocks.ts'
import { remembering } from '../remember.ts'
import { accented, bold, dim, inverse } from '../style.ts'
import { apart, cutTo, fitted, wrapped } from '../text.ts'
import type { View } from '../view.ts'
import { captionsBindings } from './captions-bindings.ts'
import {
  captionsAttempt,
  captionsBaseline,
  captionsNeeds,
  pictureNeed,
  placeIn,
  shownImages,
  shownWord,
  type ShownWord,
} from './captions-shown.ts'
import { comparedAttempts } from './compared-attempts.ts'
import { namesOf } from './compared.ts'

export const captionsView: View = {
  ...{ name: 'captions', title: 'Captions', key: '4', lines: captionsLines, bindings: captionsBindings },
  needs: captionsNeeds,
  table: captionsTable,
}

const widestText = 90 // columns: longer lines are hard to read, and scores would stand far from their captions

function captionsLines(model: Model, size: Size): string[] {
  const images = shownImages(model)
  if (images === undefined) return [dim('reading captions …')]
  const { search } = model.captions
  const at = placeIn(images, model)
  const shown = images[at]
  if (shown === undefined) {
    if (search !== '')
      return [cutTo(`No caption, reference or name contains "${harmless(search)}"; / searches for something else.`, size.columns)]
    return ['', 'No captions yet: they come when training ends and the whole validation set is captioned.']
  }
  const word = shownWord(model, shown.image)
  const width = pictureWidth(size)
  const height = size.rows - 1
  const left = pictureColumn(model, shown.image, word, { columns: width, rows: height })
  const right = textColumn(model, shown.image, { columns: Math.min(widestText, size.columns - width - 2), rows: height })
  return [
    headLine(model, shown, at, images.length, size.columns),
    ...Array.from({ length: height }, (_, i) => `${fitted(left[i] ?? '', width)}  ${right[i] ?? ''}`.trimEnd()),
  ]
}

/** Not so wide that texts have no room, nor wider than the rows can use. */
function pictureWidth({ columns, rows }: Size): number {
  return Math.max(16, Math.min(Math.floor(columns * 0.42), Math.ceil((rows - 1) * 2.7)))
}

function headLine(
  { captions }: Model,
  { image, apart: distance, worse }: Ranked,
  at: number,
  of: number,
  columns: number,
): string {
  const told = [`${at + 1} of ${of}`, bold(harmless(image.image)), orderText(captions.order, distance, worse, image)]
  return apart(told.join(' · '), captions.search === '' ? '' : accented(`/${harmless(captions.search)}`), columns)
}

function orderText(order: CaptionOrder, distance: number, worse: number, { captions }: CaptionedImage): string {
  if (order === 'name') return 'by name'
  if (order === 'regression') return `by regression: CIDEr ${fixed(worse, 2)} below ◆`
  const scored = Object.values(captions).some(({ cider }) => cider !== undefined)
  return `by disagreement: ${scored ? `CIDEr ${fixed(distance, 2)} apart` : `${percent(distance, 0)} of words`}`
}

const drawnPicture = remembering(
  (picture: Picture, columns: number, rows: number, colours: Colours, shown: ShownWord | undefined): string[] => {
    if ('problem' in picture) return wrapped(harmless(picture.problem), columns)
    const { preview, width, height } = picture
    if (shown === undefined) return pictureLines(preview, columns, rows, colours)
    const { left, top, ...sides } = shown.attention.seen
    const [x, y] = [preview.width / width, preview.height / height]
    const seen = { left: left * x, top: top * y, width: sides.width * x, height: sides.height * y }
    return pictureLines(heatOver(preview, shown.attention.maps[shown.word]!, seen), columns, rows, colours)
  },
)

const sameWord = remembering((attention: ShownWord['attention'], word: number): ShownWord => ({ attention, word }))

/** The image as large as it fits; below it the word whose attention lies over it. */
function pictureColumn(
  model: Model,
  image: CaptionedImage,
  word: ShownWord | string | undefined,
  { columns, rows }: Size,
): string[] {
  const picture = answerTo(model, pictureNeed(image))
  if (picture === undefined) return [dim('reading the image …')]
  const below = wordLines(model, word, columns)
  const shown = typeof word === 'object' ? sameWord(word.attention, word.word) : undefined
  return [...drawnPicture(picture, columns, rows - below.length, model.colours, shown), ...below]
}

function wordLines(model: Model, word: ShownWord | string | undefined, columns: number): string[] {
  if (model.captions.word === undefined) return []
  if (word === undefined) return [dim('reading attention …')]
  if (typeof word === 'string') return wrapped(harmless(word), columns).slice(0, 3)
  const words = word.attention.words.map((text, i) => (i === word.word ? inverse(`>${harmless(text)}<`) : harmless(text)))
  return wrapped(words.join(' '), columns).slice(0, 3)
}

function textColumn(model: Model, image: CaptionedImage, { columns, rows }: Size): string[] {
  const lines = [
    ...attemptLines(model, image, columns),
    dim('people said'),
    ...image.references.flatMap((text) => hanging('· ', harmless(text), columns)),
  ]
  const top = Math.max(0, Math.min(model.captions.scroll, lines.length - rows))
  if (lines.length - top <= rows) return lines.slice(top)
  return [...lines.slice(top, top + rows - 1), dim(`${lines.length - top - rows + 1} more lines below`)]
}

function attemptLines(model: Model, image: CaptionedImage, columns: number): string[] {
  const attempts = comparedAttempts(model)
  const told = attempts.map(({ run }) => image.captions[run.id])
  const marks = differingWords(told.flatMap((caption) => (caption === undefined ? [] : [harmless(caption.caption)])))
  const best = rank(told.map((caption) => caption?.cider))
  const cursor = captionsAttempt(model)
  let next = 0
  return attempts.flatMap((attempt, i) => {
    const caption = told[i]
    const head = attemptHead(model, image, attempt, i, best[i] === 'best', attempt === cursor, columns)
    if (caption === undefined) return [head, dim('  not scored on these images')]
    return [head, ...hanging('  ', markedText(harmless(caption.caption), marks[next++]!), columns)]
  })
}

function attemptHead(
  model: Model,
  image: CaptionedImage,
  attempt: Attempt,
  look: number,
  isBest: boolean,
  hasCursor: boolean,
  columns: number,
): string {
  const { run } = attempt
  const baseline = captionsBaseline(model)
  const name = `${harmless(namesOf(comparedAttempts(model))[look]!)}${run.id === baseline ? ' ◆' : ''}`
  const { cider, clipscore } = image.captions[run.id] ?? {}
  const theirs = baseline === undefined || run.id === baseline ? undefined : image.captions[baseline]?.cider
  const change =
    cider === undefined || theirs === undefined ? '' : ` (${cider < theirs ? '-' : '+'}${fixed(Math.abs(cider - theirs), 2)})`
  const scores = [
    ...(cider === undefined ? [] : [`CIDEr ${fixed(cider, 2)}${isBest ? '*' : ' '}${columns < 40 ? '' : change}`]),
    ...(clipscore === undefined ? [] : [`CLIP ${fixed(clipscore, 2)}`]),
  ].join('  ')
  const title = `${paintSeries(look, markOf(look))} ${hasCursor ? inverse(bold(name)) : bold(name)}`
  return apart(title, scores, columns)
}

/** Neighbouring words that are not everybody's stand in one pair of brackets. */
function markedText(caption: string, marks: readonly boolean[]): string {
  return wordsOf(caption)
    .map((word, i) => {
      if (marks[i] !== true) return word
      return accented(`${marks[i - 1] === true ? '' : '['}${word}${marks[i + 1] === true ? '' : ']'}`)
    })
    .join(' ')
}

/** A text behind a sign of two columns, its further lines below its first. */
function hanging(sign: string, text: string, columns: number): string[] {
  return wrapped(text, columns - 2).map((line, i) => (i === 0 ? sign : '  ') + line)
}

function captionsTable(model: Model): Table | undefined {
  const attempts = comparedAttempts(model)
  const names = namesOf(attempts)
  const rows = (shownImages(model) ?? []).flatMap(({ image: { image, captions } }) =>
    attempts.flatMap(({ run }, i) => {
      const { caption, cider, clipscore } = captions[run.id] ?? {}
      if (caption === undefined) return []
      return [[cell(image), cell(names[i]), cell(caption), cell(fixed(cider, 3)), cell(fixed(clipscore, 3))]]
    }),
  )
  const right = { align: 'right' } as const
  const columns = [
    { title: 'image' },
    { title: 'attempt' },
    { title: 'caption' },
    { title: 'CIDEr', ...right },
    { title: 'CLIPScore', ...right },
  ]
  return rows.length === 0 ? undefined : { columns, rows }
}
