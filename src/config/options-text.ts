// The manual's list of options, made from the schema: `captune explain --options` and the README print it.
import { branchFor, neededBy, variantsOf, optionsOf, runSchema, type Option } from './schema.ts'
import { valueText } from './describe.ts'
import type { ConfigValue } from './hash.ts'

export interface OptionRow {
  /** Dotted: `peft.rank`. */
  readonly key: string
  /** `whole number from 1 to 1024`. */
  readonly values: string
  /** Empty where the option must be given. */
  readonly byDefault: string
  /** Led by the kind that has the option, where not all have it. */
  readonly description: string
}

/** Every option of a run that holds a value, in the schema's order. */
export function optionRows(): OptionRow[] {
  return optionsOf(runSchema()).flatMap((option) => {
    if (option.schema.discriminator !== undefined) return [kindRow(option)]
    return option.section || option.schema.const !== undefined ? [] : [optionRow(option)]
  })
}

function kindRow({ key, schema }: Option): OptionRow {
  const values = variantsOf(schema).join(', ')
  return {
    key: `${key}.${schema.discriminator?.propertyName ?? ''}`,
    values,
    byDefault: branchFor(schema, {})?.properties?.[schema.discriminator?.propertyName ?? '']?.const ?? '',
    description: schema.description ?? '',
  }
}

function optionRow({ key, schema, variant }: Option): OptionRow {
  return {
    key,
    values: neededBy(schema).replace(/^(an?|one of) /, '').replace(/,$/, ''), // prettier-ignore
    byDefault: schema.default === undefined ? '' : valueText(schema.default as ConfigValue),
    description: `${variant === undefined ? '' : `${variant}: `}${schema.description ?? ''}`,
  }
}

/** The options for a terminal: a line with key, values and default, and the meaning below it. */
export function optionsAsText(): string {
  return optionRows().map(({ key, values, byDefault, description }) => `${key}  (${values}; ${byDefault === '' ? 'required' : `default ${byDefault}`})\n    ${description}`).join('\n') // prettier-ignore
}
