import { UserError } from '../base/errors.ts'
import { shapeText } from '../base/nd-array.ts'
import type { NamedArrays, NdArray } from '../base/nd-array.ts'
import type { ParameterSpec } from '../nn/scope.ts'

/**
 * The trained tensors that `specs` ask for, by name, out of a file's `arrays`. An adapter that is loaded in part or not at all would do
 * its work silently badly: throws UserError, naming `where`, on a missing, an unexpected or a misshapen tensor.
 */
export function loadTrained(where: string, arrays: NamedArrays, specs: readonly ParameterSpec[]): NamedArrays {
  const wanted = new Set(specs.map(({ name }) => name))
  const missing = specs.filter(({ name }) => !Object.hasOwn(arrays, name))
  const unexpected = Object.keys(arrays).filter((name) => !wanted.has(name))
  if (missing.length > 0)
    throw new UserError(
      `${where}: ${counted(
        missing.map(({ name }) => name),
        'trained tensor',
      )} missing; the config must be that of the training.`,
    )
  if (unexpected.length > 0)
    throw new UserError(`${where}: ${counted(unexpected, 'tensor')} unexpected; the config must be that of the training.`)
  return Object.fromEntries(specs.map((spec) => [spec.name, ofShape(where, arrays[spec.name]!, spec)]))
}

function ofShape(where: string, array: NdArray, { name, shape }: ParameterSpec): NdArray {
  if (shapeText(array.shape) === shapeText(shape)) return array
  throw new UserError(
    `${where}: \`${name}\` has shape ${shapeText(array.shape)}, the model needs ${shapeText(shape)}; the config must be that of the training.`,
  )
}

function counted(names: readonly string[], what: string): string {
  return names.length === 1 ? `the ${what} \`${names[0]}\` is` : `${names.length} ${what}s (\`${names[0]}\`, ...) are`
}
