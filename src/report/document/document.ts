// The report's Typst source: the course's sections in their order, tables and figures in their places, the student's texts included.
import { fixed } from '../../tables/format.ts'
import { typst, typstString } from '../../tables/typst.ts'
import type { Contents, TableName } from '../parts.ts'
import { problems, sections, type Section } from '../course.ts'
import type { Command } from '../environment.ts'
import type { FigureFiles } from './figure-files.ts'

export interface DocumentOptions {
  readonly student: string
  readonly name: string
  readonly contents: Contents
  readonly figures: FigureFiles
  readonly commands: readonly Command[]
}

/** report.typ; every text that is not ours is a Typst string, in which nothing means anything. */
export function documentSource(options: DocumentOptions): string {
  const { student, name, contents } = options
  const header = [
    '// Written by `captune report build`, and written anew the next time: your own words are in text/.',
    '#import "style.typ": *',
    `#show: report.with(student: ${typstString(student)}, name: ${typstString(name)}, measured: ${typstString(contents.measuredOn)})`,
  ]
  const body = sections.flatMap((section, i) => [
    ...(section.problem === sections[i - 1]?.problem ? [] : ['', `= Problem ${section.problem}: ${problems[section.problem]}`]),
    ...sectionSource(section, options),
  ])
  return [...header, ...body, ...appendix(options), ''].join('\n')
}

function sectionSource({ id, title, text }: Section, options: DocumentOptions): string[] {
  return [
    '',
    `== ${id} #${content(title)}`,
    '',
    ...results(id, options),
    ...options.contents.missing
      .filter(({ section }) => section === id)
      .map(({ what, remedy }) => `#missing(${typstString(what)}, ${typstString(remedy)})`),
    `#include "text/${text.file}"`,
  ]
}

/** What was measured, section by section. */
function results(section: string, { contents, figures }: DocumentOptions): string[] {
  switch (section) {
    case '1.2':
      return tableSource(contents, 'prompts')
    case '1.3':
      return [
        ...contents.topFive.map(({ stem, truth }, i) => {
          const { image, bars } = figures.topFive[i]!
          return `#beside("${image}", "${bars}", ${typstString(truth === '' ? stem : `${stem}: ${truth}`)})`
        }),
        ...topFiveNote(contents),
      ]
    case '2.1':
      return tableSource(contents, 'best')
    case '2.2':
      return [...tableSource(contents, 'attempts'), ...tableSource(contents, 'decoding'), ...learning(figures)]
    case '3.1':
      return figures.testImages.flatMap((image) => attention(image.attention))
    case '3.2':
      return contents.pairs.flatMap(({ rank, stem, caption, references, clipscore }, i) => [
        `#pair("${figures.pairs[i]!.image}", ${typstString(`${titles[rank]}: CLIPScore ${fixed(clipscore, 4)} (${stem})`)}, ${typstString(onOneLine(caption))}, (${references.map((text) => `${typstString(onOneLine(text))},`).join(' ')}))`,
        ...attention(figures.pairs[i]!.attention),
      ])
    default:
      return []
  }
}

function topFiveNote({ tables }: Contents): string[] {
  const title = tables.get('top-five')?.title
  return title === undefined ? [] : [`#note(${typstString(`${title}. ✓: the true class.`)})`]
}

const titles = { best: 'The best pair', worst: 'The worst pair' } as const

/** People's captions have line ends in them. */
function onOneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

function content(text: string): string {
  return `text(${typstString(text)})`
}

function tableSource({ tables }: Contents, name: TableName): string[] {
  const quoted = tables.get(name)
  if (quoted === undefined) return []
  return [`#figure(kind: table, caption: ${content(`${quoted.title}.`)}, [`, typst(quoted.table), '])', '']
}

function learning({ loss, scores, costs }: FigureFiles): string[] {
  const curves = [loss, scores].filter((file) => file !== undefined).map((file) => `image("${file}")`)
  const lines: string[] = []
  if (curves.length > 0)
    lines.push(
      '#figure(',
      `  grid(columns: (1fr, 1fr), column-gutter: 0.4cm, ${curves.join(', ')}),`,
      '  caption: [Loss of the training steps (means of neighbouring steps), and CIDEr on the fixed subset of the validation images that chooses the epoch.],',
      ')',
    )
  if (costs !== undefined)
    lines.push(
      `#figure(placement: auto, image("${costs}", width: 10.5cm), caption: [CIDEr on all validation images against what was trained.])`,
    )
  return [...lines, '']
}

function attention(strips: readonly string[]): string[] {
  return strips.length === 0 ? [] : [`#attention(${strips.map((file) => `"${file}"`).join(', ')})`]
}

function appendix({ contents, commands }: DocumentOptions): string[] {
  if (!contents.tables.has('environment')) return []
  return [
    '',
    '= Appendix: how to make this again',
    ...tableSource(contents, 'environment'),
    '',
    '#block(sticky: true)[Every run of this report, from the copy of its configuration beside it, typed in the checkout:]',
    '',
    `#raw(block: true, ${typstString(commands.map(({ line }) => line).join('\n'))})`,
  ]
}
