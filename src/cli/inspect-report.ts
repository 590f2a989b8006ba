// `captune inspect`: the entries of a weights file as a table, then the models they are of: what is known of each, from where, and how
// the file differs from it.
import { IncompleteError } from '../base/errors.ts'
import { shapeText } from '../base/nd-array.ts'
import { inspect } from '../recipes/inspect.ts'
import type { InspectedModel, Inspection } from '../recipes/inspect.ts'
import { thousands } from '../tables/format.ts'
import { plain } from '../tables/plain.ts'
import { cell, harmless } from '../tables/table.ts'

/** Throws IncompleteError where a model that was recognised cannot be built from the file, or the file is not what its name says. */
export async function printInspection(path: string, asJson: boolean): Promise<void> {
  const found = await inspect(path)
  console.log(asJson ? JSON.stringify(found, null, 2) : report(found))
  const misfits = found.models.flatMap(misfitLines).length
  if (found.problem !== null) throw new IncompleteError(found.problem)
  if (misfits > 0) throw new IncompleteError(`${path}: ${misfits} entries do not fit the model.`)
}

function report(found: Inspection): string {
  const { entries, format, values, metadata, published, models, warnings } = found
  const about = [
    `${format}, ${entries.length} entries, ${values.toLocaleString('en')} values`,
    ...(published === null ? [] : [`the published ${published}, to the last byte`]),
    ...Object.entries(metadata).map(([key, value]) => `${key}: ${value}`),
    ...(found.problem === null ? [] : [`model: ${found.problem}`]),
    ...(models.length === 0 && found.problem === null
      ? ['model: none that is known here (a CLIP, a vision transformer in timm\'s names, a GPT-2)'] // prettier-ignore
      : []),
  ]
  return [
    entriesTable(entries),
    ...about.map(harmless),
    ...models.flatMap((model) => ['', modelLine(model), '', factsTable(model), ...misfitLines(model).map(harmless)]),
    ...(warnings.length === 0 ? [] : ['', ...warnings.map((warning) => harmless(`Warning: ${warning}`))]),
  ].join('\n')
}

function entriesTable(entries: Inspection['entries']): string {
  const tied = entries.some((entry) => entry.tied !== undefined)
  const columns = [{ title: 'entry' }, { title: 'type' }, { title: 'shape' }, ...(tied ? [{ title: 'same tensor as' }] : [])]
  const rows = entries.map(({ name, stored, shape, tied: as }) =>
    [name, stored, shapeText(shape), ...(tied ? [as ?? ''] : [])].map((text) => cell(text)),
  )
  return plain({ columns, rows })
}

function modelLine({ shape, parameters }: InspectedModel): string {
  const counted = `${thousands(parameters)} parameters`
  if ('vocabulary' in shape) {
    const { layers, heads, width, vocabulary, positions } = shape
    return `model: GPT-2 decoder, ${layers} layers, ${heads} heads, width ${width}, ${vocabulary} tokens, ${positions} positions; ${counted}`
  }
  const { image } = shape
  const looks = `images ${image.size}/${image.patch}, ${image.layers} layers of width ${image.width}`
  if (!('text' in shape)) return `model: vision transformer without texts, ${looks}; ${counted}`
  const { text } = shape
  return `model: CLIP, ${looks}; texts of ${text.context}, ${text.layers} layers of width ${text.width}; embedding ${text.embedding}; ${counted}`
}

function factsTable({ facts }: InspectedModel): string {
  const columns = [{ title: 'known' }, { title: 'value' }, { title: 'from' }]
  return plain({ columns, rows: facts.map(({ fact, value, from }) => [fact, value, from].map((text) => cell(text))) })
}

function misfitLines({ missing, unexpected, misshapen }: InspectedModel): readonly string[] {
  return [
    ...missing.map(({ name, needed }) => `missing: ${name} ${shapeText(needed)}`),
    ...unexpected.map(({ name, found }) => `unexpected: ${name} ${shapeText(found)}`),
    ...misshapen.map(({ name, found, needed }) => `misshapen: ${name} ${shapeText(found)}, ${shapeText(needed)} is needed`),
  ]
}
