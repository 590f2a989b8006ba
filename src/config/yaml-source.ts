// YAML text -> Tree, with the line of every key and item. Only what a configuration needs is let through: mappings, lists and
// scalars. Aliases, tags and second documents are refused, because a config is one file that says everything itself.
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, stringify, type Document, type Node } from 'yaml'
import { UserError } from '../base/errors.ts'
import { readText } from '../base/files.ts'
import { isMapping } from './schema.ts'
import { shown, throwProblems, type Problem } from './problems.ts'
import { commandLine, mappingFrom, pointerTo, type Place, type Tree } from './tree.ts'

const longest = 1_000_000 // characters; the largest sensible study has a few thousand
const deepest = 32
const tooDeep = `the text nests too deeply; at most ${deepest} levels are read`

/**
 * Reads a YAML file whose top level is a mapping; UserError with `file:line` where the text cannot be read at all, a problem for
 * each key that is given twice (the first counts). `what` names the file in sentences: "the config".
 */
export function readYamlFile(path: string, what: string, problems: Problem[]): Tree {
  const tree = parseYaml(readText(path, what), (line) => ({ source: path, line }), problems)
  if (tree.value === null) throw new UserError(`${path}: ${what} is empty; a mapping of options is needed`)
  if (!isMapping(tree.value)) throw new UserError(`${path}:1: ${what} is ${shown(tree.value)}; a mapping of options is needed`)
  return tree
}

/** Reads a value given on the command line: a scalar, or a list or mapping in YAML's flow style. */
export function parseValue(text: string): Tree {
  const problems: Problem[] = []
  const tree = parseYaml(text, () => commandLine, problems)
  throwProblems(problems)
  return tree
}

/** A configuration as YAML text. */
export function toYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false }) // an object that stands twice is written twice: aliases are not read
}

function parseYaml(text: string, place: (line: number) => Place, problems: Problem[]): Tree {
  if (text.length > longest)
    throwProblems([{ place: place(1), sentence: `the text has ${text.length} characters; at most ${longest} are read` }])
  const lines = new LineCounter()
  const at = (offset: number) => place(Math.max(1, lines.linePos(offset).line))
  const document = parsed(text, lines, place(1))
  const [mistake] = [...document.errors, ...document.warnings].toSorted((a, b) => a.pos[0] - b.pos[0])
  if (mistake !== undefined) {
    throwProblems([{ place: at(Math.min(mistake.pos[0], text.length)), sentence: syntaxSentence(mistake.code, mistake.message) }])
  }
  const reading: Reading = { at, places: new Map([['', place(1)]]), refused: [], problems }
  const value = plain(document.contents, '', reading, 0)
  throwProblems(reading.refused)
  return { value, places: reading.places }
}

function parsed(text: string, lineCounter: LineCounter, start: Place): Document {
  try {
    return parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false, logLevel: 'error' })
  } catch (error) {
    if (error instanceof RangeError) throwProblems([{ place: start, sentence: tooDeep }])
    throw error
  }
}

function syntaxSentence(code: string, message: string): string {
  if (message.includes('call stack')) return tooDeep
  if (message.startsWith('Comments')) return 'a # stands right behind a value; a space before a comment is needed'
  if (message.startsWith('Missing , or :'))
    return 'a comma is missing, or a text with braces or brackets has no quotes; `[first, "a {second}"]` is needed'
  if (message.startsWith('Flow')) return 'a bracket or brace opened above is not closed; its other half is needed'
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'a tab stands in the indentation; spaces are needed'
    case 'MULTIPLE_DOCS':
      return 'a second document begins; one document is needed'
    case 'BAD_INDENT':
      return 'the indentation fits nothing above; the same indentation as its neighbours is needed'
    case 'BAD_ALIAS':
    case 'TAG_RESOLVE_FAILED':
      return 'an alias or a tag stands here; the value itself is needed'
    default:
      return `this is not YAML (${message.split('\n')[0]!.replace(/[.:]$/, '')}); a \`key: value\` is needed`
  }
}

interface Reading {
  readonly at: (offset: number) => Place
  readonly places: Map<string, Place>
  /** What cannot be read on with. */
  readonly refused: Problem[]
  readonly problems: Problem[]
}

function plain(node: unknown, pointer: string, reading: Reading, depth: number): unknown {
  if (node === null || node === undefined) return null
  if (depth > deepest) return refuse(node, tooDeep, reading)
  if (isAlias(node)) return refuse(node, `the alias "*${node.source}" stands here; the value itself is needed`, reading)
  const { anchor, tag } = node as Node & { anchor?: string }
  if (anchor !== undefined) refuse(node, `the anchor "&${anchor}" stands here; the value alone is needed`, reading)
  if (tag !== undefined) return refuse(node, `the tag "${tag}" stands here; the value alone is needed`, reading)
  if (isSeq(node)) return node.items.map((item, i) => plainItem(item, pointerTo(pointer, i), reading, depth))
  if (isMap(node)) return plainMapping(node.items, pointer, reading, depth)
  return isScalar(node) ? plainScalar(node.value) : null
}

function plainItem(item: unknown, pointer: string, reading: Reading, depth: number): unknown {
  reading.places.set(pointer, placeOfNode(item, reading))
  return plain(item, pointer, reading, depth + 1)
}

function plainMapping(
  pairs: readonly { key: unknown; value: unknown }[],
  pointer: string,
  reading: Reading,
  depth: number,
): unknown {
  const entries = new Map<string, unknown>()
  for (const { key, value } of pairs) {
    if (!isScalar(key) || key.value === null) {
      refuse(key ?? value, 'a key is missing or is no word; `key: value` is needed', reading)
      continue
    }
    const name = String(plainScalar(key.value))
    const below = pointerTo(pointer, name)
    const full = below.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~')
    if (entries.has(name)) {
      reading.problems.push({
        place: placeOfNode(key, reading),
        sentence: `"${full}" is given a second time; one value is needed`,
      })
    } else {
      reading.places.set(below, placeOfNode(key, reading))
      entries.set(name, plain(value, below, reading, depth + 1))
    }
  }
  return mappingFrom(entries)
}

/** YAML's core schema makes nothing else of a scalar. */
function plainScalar(value: unknown): string | number | boolean | null {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
}

function refuse(node: unknown, sentence: string, reading: Reading): null {
  reading.refused.push({ place: placeOfNode(node, reading), sentence })
  return null
}

function placeOfNode(node: unknown, reading: Reading): Place {
  const range = typeof node === 'object' && node !== null && 'range' in node ? (node as Node).range : undefined
  return reading.at(range?.[0] ?? 0)
}
