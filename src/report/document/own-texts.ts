// The student's own words: a file for each question, made once with the question in it and never written again.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { readText, writeAtomically } from '../../base/files.ts'
import { typstString } from '../../tables/typst.ts'
import { sections } from '../course.ts'

export interface OwnText {
  readonly section: string
  /** Below the report's folder. */
  readonly path: string
  readonly content: string
  /** A placeholder is still in it. */
  readonly unwritten: boolean
}

/** Pictures and all else that the student put beside the texts: path below the report's folder -> content. */
export function besideTexts(folder: string): Map<string, Uint8Array> {
  const files = readdirSync(join(folder, 'text'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = files.map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
  return new Map(paths.sort().map((path) => [path, readFileSync(join(folder, path))]))
}

/** Makes the files that are not there yet, and reads all of them. */
export function ownTexts(folder: string): OwnText[] {
  return sections.map(({ id, text: { file, question } }) => {
    const path = `text/${file}`
    if (!existsSync(join(folder, path))) writeAtomically(join(folder, path), beginning(question))
    const content = readText(join(folder, path), 'your text')
    return { section: id, path, content, unwritten: /#placeholder\b/.test(content) }
  })
}

function beginning(question: string): string {
  return [
    '// Your words, in Typst (https://typst.app/docs). `captune report build` never changes this file.',
    '#import "../style.typ": placeholder',
    '',
    `#placeholder(${typstString(question)})`,
    '',
  ].join('\n')
}
