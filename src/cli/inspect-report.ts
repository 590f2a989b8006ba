// `captune inspect`: the entries of a weights file as a table, then the model they are of and how they differ from it.
import { IncompleteError } from '../base/errors.ts'
import { shapeText } from '../base/nd-array.ts'
import { inspect } from '../recipes/inspect.ts'
import type { Inspection } from '../recipes/inspect.ts'
import { plain } from '../tables/plain.ts'
import { cell, harmless } from '../tables/table.ts'

/** Throws IncompleteError where the model that was recognised cannot be built from the file. */
export function printInspection(path: string, asJson: boolean): void {
  const found = inspect(path)
  console.log(asJson ? JSON.stringify(found, null, 2) : report(found))
  const misfits = misfitLines(found).length
  if (found.problem !== null) throw new IncompleteError(found.problem)
  if (misfits > 0) throw new IncompleteError(`${path}: ${misfits} entries do not fit the model.`)
}

function report(found: Inspection): string {
  const { entries, format, values, metadata } = found
  const tied = entries.some((entry) => entry.tied !== undefined)
  const columns = [{ title: 'entry' }, { title: 'type' }, { title: 'shape' }, ...(tied ? [{ title: 'same tensor as' }] : [])]
  const rows = entries.map(({ name, stored, shape, tied: as }) =>
    [name, stored, shapeText(shape), ...(tied ? [as ?? ''] : [])].map((text) => cell(text)),
  )
  return [
    plain({ columns, rows }),
    `${format}, ${entries.length} entries, ${values.toLocaleString('en')} values`,
    ...Object.entries(metadata).map(([key, value]) => `${key}: ${value}`),
    modelLine(found),
    ...misfitLines(found),
  ]
    .map((line, i) => (i === 0 ? line : harmless(line)))
    .join('\n')
}

function modelLine({ model, problem }: Inspection): string {
  if (problem !== null) return `model: ${problem}`
  if (model === null) return "model: none that is known here (a CLIP in OpenAI's names or a GPT-2)"
  if (model.family === 'gpt2') {
    const { layers, heads, width, vocabulary, positions } = model.shape
    return `model: GPT-2 decoder, ${layers} layers, ${heads} heads, width ${width}, ${vocabulary} tokens, ${positions} positions`
  }
  const { image, text } = model.shape
  return `model: CLIP, images ${image.size}/${image.patch}, ${image.layers} layers of width ${image.width}; texts of ${text.context}, ${text.layers} layers of width ${text.width}; embedding ${image.embedding}`
}

function misfitLines({ model }: Inspection): readonly string[] {
  if (model === null) return []
  return [
    ...model.missing.map(({ name, needed }) => `missing: ${name} ${shapeText(needed)}`),
    ...model.unexpected.map(({ name, found }) => `unexpected: ${name} ${shapeText(found)}`),
    ...model.misshapen.map(({ name, found, needed }) => `misshapen: ${name} ${shapeText(found)}, ${shapeText(needed)} is needed`),
  ]
}
