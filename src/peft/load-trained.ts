// Trained tensors out of a file, by name. An adapter that is loaded in part, or beside weights it was not trained with, would do its work
// silently badly: so every misfit is told, and whether config, method or base weights differ from those of the training.
import { UserError } from '../base/errors.ts'
import { shapeText } from '../base/nd-array.ts'
import type { NamedArrays } from '../base/nd-array.ts'
import type { ParameterSpec } from '../nn/scope.ts'

/**
 * What trained tensors belong to, as texts that are written beside them: values of the config by dotted key (`peft.rank`), and the
 * SHA-256 of base files by `sha256:` and the key that names them (`sha256:decoder.weights`).
 */
export type Origin = Readonly<Record<string, string>>

/** What is needed of an opened weights file. */
export interface TrainedFile {
  readonly path: string
  readonly names: readonly string[]
  /** An `Origin` among other texts; without one only names and shapes can be judged. */
  readonly metadata: Readonly<Record<string, string>>
  spec(name: string): { readonly shape: readonly number[] }
  readAll(names?: readonly string[]): NamedArrays
}

export interface Wanted {
  readonly specs: readonly ParameterSpec[]
  /** What must agree, as far as the file tells it. */
  readonly origin: Origin
}

/** Exactly the tensors that are wanted, in their order. Throws UserError telling every misfit. */
export function loadTrained(file: TrainedFile, { specs, origin }: Wanted): NamedArrays {
  const lines = [...differences(file, origin), ...missing(file, specs), ...superfluous(file, specs), ...misshapen(file, specs)]
  refuse(file, lines, 'the config and the weights of its training are needed')
  return file.readAll(specs.map(({ name }) => name))
}

export interface Started {
  /** What the file has, under the names that are wanted. */
  readonly tensors: NamedArrays
  /** What it lacks: names of tensors that start as usual. */
  readonly fresh: readonly string[]
}

/** The tensors of a file as a beginning: some may be lacking, but all that it has must fit. Throws UserError telling every misfit. */
export function startTrained(file: TrainedFile, { specs, origin }: Wanted): Started {
  const lines = [...differences(file, origin), ...superfluous(file, specs), ...misshapen(file, specs)]
  refuse(file, lines, "tensors trained with this config's method on its weights are needed")
  const fresh = specs.filter(({ name }) => !file.names.includes(name)).map(({ name }) => name)
  return { tensors: file.readAll(), fresh }
}

const mostLines = 20

function refuse({ path }: TrainedFile, lines: readonly string[], needed: string): void {
  if (lines.length === 0) return
  const differing = Object.keys(kinds).filter((kind) => lines.some((line) => line.startsWith(`${kind}:`)))
  const tensors = lines.filter((line) => tensorLine.test(line)).length
  const found = [
    ...(differing.length > 0 ? [`it was trained with ${differing.map((kind) => kinds[kind]).join(' and ')}`] : []),
    ...(tensors > 0 ? [`${tensors === 1 ? '1 tensor does' : `${tensors} tensors do`} not fit`] : []),
  ]
  throw new UserError(`${path}: ${found.join(', and ')}; ${needed}.${below(lines)}`)
}

/** Lines to stand below a sentence: the first twenty, and how many more there are. */
export function below(lines: readonly string[]): string {
  const shown = lines.slice(0, mostLines)
  const rest = lines.length > shown.length ? [`and ${lines.length - shown.length} more`] : []
  return [...shown, ...rest].map((line) => `\n  ${line}`).join('')
}

/** What may differ, as a line begins with it and as the sentence says it. */
const kinds: Readonly<Record<string, string>> = {
  config: 'another config',
  method: 'another method',
  'base weights': 'other base weights',
}
const tensorLine = /^(missing|unexpected|misshapen):/

/** A line for each fact that the file tells and that is another here. */
function differences({ metadata }: TrainedFile, origin: Origin): string[] {
  return Object.entries(origin).flatMap(([key, here]) => {
    const there = metadata[key]
    if (there === undefined || there === here) return []
    if (key.startsWith('sha256:'))
      return [`base weights: ${key.slice('sha256:'.length)} had SHA-256 ${there.slice(0, 8)}…, here it has ${here.slice(0, 8)}…`]
    const kind = key.startsWith('peft.') ? 'method' : 'config'
    return [`${kind}: ${key} is ${there.slice(0, 80)} in the file, ${here} here`]
  })
}

function missing({ names }: TrainedFile, specs: readonly ParameterSpec[]): string[] {
  const present = new Set(names)
  return specs.filter(({ name }) => !present.has(name)).map(({ name, shape }) => `missing: \`${name}\` ${shapeText(shape)}`)
}

function superfluous(file: TrainedFile, specs: readonly ParameterSpec[]): string[] {
  const wanted = new Set(specs.map(({ name }) => name))
  return file.names
    .filter((name) => !wanted.has(name))
    .map((name) => `unexpected: \`${name}\` ${shapeText(file.spec(name).shape)}`)
}

function misshapen(file: TrainedFile, specs: readonly ParameterSpec[]): string[] {
  const present = new Set(file.names)
  return specs.flatMap(({ name, shape }) => {
    const found = present.has(name) ? shapeText(file.spec(name).shape) : shapeText(shape)
    return found === shapeText(shape) ? [] : [`misshapen: \`${name}\` ${found}, ${shapeText(shape)} is needed`]
  })
}
