// report.html: the whole report in one file that needs no network and no server. Texts of captions, labels and file names are escaped, and
// the page's policy lets no script run but ours.
import { createHash } from 'node:crypto'
import { fromRoot, readText } from '../../base/files.ts'
import { fixed } from '../../tables/format.ts'
import { escapeHtml, html } from '../../tables/html.ts'
import type { Contents, TableName } from '../parts.ts'
import { problems, sections, type Section } from '../course.ts'
import type { FigureFiles } from '../document/figure-files.ts'
import type { OwnText } from '../document/own-texts.ts'
import type { Command } from '../environment.ts'
import { attentionPanel } from './attention-panel.ts'
import { ownWords } from './own-words.ts'

export interface PageOptions {
  readonly student: string
  readonly name: string
  readonly contents: Contents
  readonly figures: FigureFiles
  readonly texts: readonly OwnText[]
  readonly commands: readonly Command[]
}

/** The file's content. */
export function pageSource(options: PageOptions): string {
  const { student, name, contents } = options
  const script = readText(fromRoot('src/report/page/page.js'), "the page's script")
  const hash = createHash('sha256').update(script).digest('base64')
  const who = [name, student].filter((text) => text !== '').join(', ')
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${hash}'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(`Homework 3, ${who}`)}</title>`,
    `<style>${readText(fromRoot('src/report/page/page.css'), "the page's style")}</style>`,
    '</head>',
    '<body>',
    '<a class="skip" href="#report">Skip to the report</a>',
    `<header><h1>Homework 3</h1><p>${escapeHtml(who)}<br><span class="pale">${escapeHtml(contents.measuredOn)}</span></p></header>`,
    '<main id="report">',
    ...sections.flatMap((section, i) => [
      ...(section.problem === sections[i - 1]?.problem
        ? []
        : [`<h2>Problem ${section.problem}: ${problems[section.problem]}</h2>`]),
      ...sectionHtml(section, options),
    ]),
    ...appendix(options),
    '</main>',
    `<script>${script}</script>`,
    '</body>',
    '</html>',
    '',
  ].join('\n')
}

function sectionHtml({ id, title, text }: Section, options: PageOptions): string[] {
  const own = options.texts.find(({ section }) => section === id)
  return [
    `<section id="s${id.replace('.', '-')}">`,
    `<h3>${id} ${escapeHtml(title)}</h3>`,
    ...results(id, options),
    ...options.contents.missing
      .filter(({ section }) => section === id)
      .map(
        ({ what, remedy }) =>
          `<p class="missing"><strong>Missing:</strong> ${escapeHtml(what)}.<br><code>${escapeHtml(remedy)}</code> makes it.</p>`,
      ),
    ownWords(own?.content ?? '', text.question),
    '</section>',
  ]
}

function results(section: string, { contents, figures }: PageOptions): string[] {
  const src = sourceOf(figures)
  switch (section) {
    case '1.2':
      return tableHtml(contents, 'prompts')
    case '1.3':
      return [
        ...contents.topFive.map(({ stem, truth, bars }, i) => {
          const { image, bars: chart } = figures.topFive[i]!
          const said = bars.map(({ name, probability }) => `${name} ${fixed(probability, 3)}`).join(', ')
          return [
            '<figure class="row">',
            `<div class="photo"><img src="${src(image)}" alt="${escapeHtml(stem)}"><figcaption>${escapeHtml(`${stem}: ${truth}`)}</figcaption></div>`,
            `<img src="${src(chart)}" alt="${escapeHtml(said)}">`,
            '</figure>',
          ].join('')
        }),
        ...topFiveNote(contents),
      ]
    case '2.1':
      return tableHtml(contents, 'best')
    case '2.2':
      return [...tableHtml(contents, 'attempts'), ...tableHtml(contents, 'decoding'), ...charts(figures)]
    case '3.1':
      return [
        '<p class="pale hint">Point at a word, or reach it with Tab and the arrow keys, to see where the model looked when it chose it. A click keeps the map, Escape lets it go.</p>',
        ...contents.testImages.flatMap(({ looked }, i) =>
          looked ? [attentionPanel(looked, src(figures.testImages[i]!.image))] : [],
        ),
      ]
    case '3.2':
      return contents.pairs.map(({ rank, stem, caption, references, clipscore, looked }, i) => {
        const image = src(figures.pairs[i]!.image)
        const photo = `<div class="photo"><img src="${image}" alt="${escapeHtml(stem)}"></div><p>${escapeHtml(caption)}</p>`
        return [
          `<h4>${rank === 'best' ? 'The best pair' : 'The worst pair'}: CLIPScore ${fixed(clipscore, 4)}</h4>`,
          looked ? attentionPanel(looked, image) : `<figure class="row">${photo}</figure>`,
          `<p class="pale">Written by people:</p><ul>${references.map((text) => `<li>${escapeHtml(text)}</li>`).join('')}</ul>`,
        ].join('\n')
      })
    default:
      return []
  }
}

function topFiveNote({ tables }: Contents): string[] {
  const title = tables.get('top-five')?.title
  return title === undefined ? [] : [`<p class="pale">${escapeHtml(title)}. ✓: the true class.</p>`]
}

/** A figure's data URI. */
function sourceOf({ files }: FigureFiles): (path: string) => string {
  return (path) => {
    const type = path.endsWith('.svg') ? 'image/svg+xml' : 'image/jpeg'
    return `data:${type};base64,${Buffer.from(files.get(path)!).toString('base64')}`
  }
}

function tableHtml({ tables }: Contents, name: TableName): string[] {
  const quoted = tables.get(name)
  if (quoted === undefined) return []
  const title = escapeHtml(quoted.title)
  return [
    `<figure><div class="scroll" tabindex="0" role="region" aria-label="${title}">${html(quoted.table)}</div><figcaption>${title}</figcaption></figure>`,
  ]
}

function charts(figures: FigureFiles): string[] {
  const drawn = [
    [figures.loss, 'training loss of each attempt by step'],
    [figures.scores, 'CIDEr of each attempt on the validation subset by step'],
    [figures.costs, 'CIDEr of each attempt by trained parameters'],
  ] as const
  const images = drawn.flatMap(([path, alt]) =>
    path === undefined ? [] : [`<img src="${sourceOf(figures)(path)}" alt="${alt}">`],
  )
  return images.length === 0 ? [] : [`<figure class="row charts">${images.join('')}</figure>`]
}

function appendix({ contents, commands }: PageOptions): string[] {
  if (!contents.tables.has('environment')) return []
  const lines = commands.map(({ line }) => escapeHtml(line)).join('\n')
  return ['<h2>Appendix: how to make this again</h2>', ...tableHtml(contents, 'environment'), `<pre><code>${lines}</code></pre>`]
}
