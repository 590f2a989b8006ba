// A report from runs to files: figures, Typst source, copies of configurations, the PDF, the page, the manifest.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fromRoot, readText, writeAtomically } from '../base/files.ts'
import type { Reader } from '../tracking/reader.ts'
import type { Chosen } from './choose.ts'
import { compilePdf } from './compile.ts'
import { contentsOf } from './contents.ts'
import type { Contents, Missing } from './parts.ts'
import { documentSource } from './document/document.ts'
import { drawFigures, type FigureFiles } from './document/figure-files.ts'
import { besideTexts, ownTexts } from './document/own-texts.ts'
import { commandsOf, type Command } from './environment.ts'
import { pageSource } from './page/page.ts'
import { pngOfSvg } from '../images/svg.ts'
import { fontsConfig, fontsFor } from './fonts.ts'
import { manifestOf, writeManifest } from './manifest.ts'
import type { Settings } from './settings.ts'

export interface BuildOptions {
  readonly reader: Reader
  readonly runsFolder: string
  /** The report's folder; `shown` is how commands in the report name it. */
  readonly folder: string
  readonly shown: string
  readonly student: string
  readonly settings: Settings
  readonly chosen: Chosen
}

export interface Built {
  readonly pdf: Uint8Array
  /** hw3_<ID>.pdf, below the folder. */
  readonly pdfName: string
  readonly contents: Contents
  readonly missing: readonly Missing[]
  /** Files of the student's that are still placeholders. */
  readonly unwritten: readonly string[]
  /** Characters that no font can show. */
  readonly blank: readonly string[]
}

/** Builds everything below `folder`. Throws UserError where an image or a file is missing, or the student's Typst has a mistake. */
export async function buildReport(options: BuildOptions): Promise<Built> {
  const { reader, runsFolder, folder, shown, student, settings, chosen } = options
  const contents = contentsOf({ reader, runsFolder, chosen, settings })
  const texts = ownTexts(folder)
  const commands = commandsOf(reader, chosen, shown)
  const figures = await drawFigures(contents)
  const source = documentSource({ student, name: settings.name ?? '', contents, figures, commands })
  const sources = new Map<string, string | Uint8Array>([
    ['report.typ', source],
    ['style.typ', readText(fromRoot('src/report/style.typ'), "the report's style")],
    ...figures.files,
  ])
  for (const [path, content] of sources) writeAtomically(join(folder, path), content)
  await writeCharts(folder, figures)
  forgetOldFigures(folder, figures)
  copyConfigs(runsFolder, folder, commands)

  for (const [path, content] of besideTexts(folder)) sources.set(path, content)
  for (const { path, content } of texts) sources.set(path, content)
  const written = [...sources.values()].filter((content) => typeof content === 'string')
  const fonts = fontsFor(written, join(folder, 'fonts'))
  const pdf = await compilePdf('report.typ', sources, fonts.paths.map((path) => readFileSync(path))) // prettier-ignore
  const pdfName = `hw3_${student}.pdf`
  writeAtomically(join(folder, pdfName), pdf)
  sources.set(pdfName, pdf)
  const page = pageSource({ student, name: settings.name ?? '', contents, figures, texts, commands })
  writeAtomically(join(folder, pageName), page)
  sources.set(pageName, page)
  writeManifest(folder, manifestOf({ reader, settings, chosen, contents, commands, files: sources }))
  return {
    pdf,
    pdfName,
    contents,
    missing: contents.missing,
    unwritten: texts.filter(({ unwritten }) => unwritten).map(({ path }) => path),
    blank: fonts.blank,
  }
}

export const pageName = 'report.html'

/** Charts as PNG too, for slides. */
async function writeCharts(folder: string, { topFive, loss, scores, costs, files }: FigureFiles): Promise<void> {
  const charts = [...topFive.map(({ bars }) => bars), loss, scores, costs].filter((path) => path !== undefined)
  for (const path of charts) {
    const png = await pngOfSvg(files.get(path) as string, { fonts: fontsConfig, scale: 3 })
    writeAtomically(join(folder, path.replace(/svg$/, 'png')), png)
  }
}

/** A report that was built before may have had more images, or longer captions. */
function forgetOldFigures(folder: string, { files }: FigureFiles): void {
  if (!existsSync(join(folder, 'figures'))) return
  for (const name of readdirSync(join(folder, 'figures'))) {
    const path = `figures/${name}`
    if (!files.has(path) && !files.has(path.replace(/png$/, 'svg'))) rmSync(join(folder, path), { recursive: true })
  }
}

function copyConfigs(runsFolder: string, folder: string, commands: readonly Command[]): void {
  for (const { run, config } of commands) {
    const path = join(runsFolder, run, 'config.yaml')
    if (existsSync(path)) writeAtomically(join(folder, config), readText(path))
  }
}
