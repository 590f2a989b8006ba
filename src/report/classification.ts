// Sections 1.2 and 1.3: prompts compared, and the five most probable classes of some images.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { readJson } from '../base/files.ts'
import { random } from '../base/random.ts'
import { fixed } from '../tables/format.ts'
import type { Table } from '../tables/table.ts'
import { attemptRow } from '../tracking/attempt-row.ts'
import type { Reader } from '../tracking/reader.ts'
import { attemptsOf } from './attempts.ts'
import { subjectTable } from './attempt-tables.ts'
import type { ContentsOptions, Missing, Part, QuotedTable, TableName, TopFive } from './parts.ts'
import { rootOf } from './choose.ts'
import { coursePrompts, studiesOn, wanted } from './course.ts'

const kept = 5

export function classificationPart(options: ContentsOptions): Part {
  const { reader, chosen, settings } = options
  const remedy = studiesOn(rootOf(reader, chosen)).prompts
  const attempts = attemptsOf(reader, chosen.prompts.map((id) => reader.run(id)!)) // prettier-ignore
  const order = (method: string) => chosen.prompts.findIndex((id) => methodOf(reader, id) === method)
  const inOrder = [...attempts].sort((a, b) => order(a.method) - order(b.method))
  const table = subjectTable('prompts', inOrder, { published: settings.published ?? false })
  const tables: [TableName, QuotedTable][] =
    attempts.length === 0 ? [] : [['prompts', { section: '1.2', title: 'Accuracy of each prompt', table }]]
  const found = attempts.map(({ method }) => method)
  const missing: Missing[] = coursePrompts
    .filter((prompt) => !found.includes(prompt))
    .map((prompt) => ({ section: '1.2', what: `accuracy of the prompt "${prompt}"`, remedy }))
  const best = mostAccurate(options)
  if (best === undefined)
    return { tables, missing: [...missing, { section: '1.3', what: 'a finished classification with its top-5', remedy }] }
  const topFive = topFiveOf(options, best)
  const title = `The five most probable classes, by "${methodOf(reader, best)}"`
  return { topFive, tables: [...tables, ['top-five', { section: '1.3', title, table: topFiveTable(topFive) }]], missing }
}

const methodOf = (reader: Reader, id: string) => attemptRow(reader, reader.run(id)!).method

/** The run whose probabilities are drawn: that of the most accurate prompts. */
function mostAccurate({ reader, runsFolder, chosen }: ContentsOptions): string | undefined {
  const accuracy = (id: string) => attemptRow(reader, reader.run(id)!).accuracy ?? 0
  const drawable = chosen.prompts.filter((id) => existsSync(topFile(runsFolder, id)))
  return drawable.sort((a, b) => accuracy(b) - accuracy(a))[0]
}

const topFile = (runsFolder: string, id: string) => join(runsFolder, id, 'predictions', 'val-top5.json')

type TopClasses = Readonly<Record<string, readonly { readonly name: string; readonly probability: number }[]>>

/** Of the images that the settings name, or of a sample of them. Throws UserError for an image that was not classified. */
function topFiveOf({ reader, runsFolder, settings }: ContentsOptions, id: string): TopFive[] {
  const classes = readJson(topFile(runsFolder, id), 'the most probable classes') as TopClasses
  const data = reader.environment(id)['score.val.data'] ?? ''
  const files = settings.images ?? random(settings.seed, 'top-five').shuffled(Object.keys(classes)).slice(0, wanted.topFiveImages)
  return files.map((file) => {
    const name = file in classes ? file : Object.keys(classes).find((other) => stemOf(other) === file)
    if (name === undefined)
      throw new UserError(`--images "${file}": is no image that ${id} classified; ${Object.keys(classes)[0]} is one.`)
    const stem = stemOf(name)
    const truth = reader.references(data, stem)[0] ?? ''
    const bars = classes[name]!.slice(0, kept).map((its) => ({ ...its, correct: its.name === truth }))
    return { stem, path: reader.imagePath(data, stem) ?? '', truth, bars }
  })
}

const stemOf = (file: string) => file.replace(/\.[^.]+$/, '')

function topFiveTable(images: readonly TopFive[]): Table {
  const title = (n: number) => [{ title: `class ${n}` }, { title: `probability ${n}`, align: 'right' as const }]
  return {
    columns: [{ title: 'image' }, { title: 'true class' }, ...[1, 2, 3, 4, 5].flatMap(title)],
    rows: images.map(({ stem, truth, bars }) => [
      { text: stem },
      { text: truth },
      ...Array.from({ length: kept }, (_, i) => bars[i]).flatMap((bar) => [
        { text: bar?.name ?? '–' },
        { text: fixed(bar?.probability, 3) },
      ]),
    ]),
  }
}
