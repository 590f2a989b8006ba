// The rows of `captune explain`: every value of a configuration, where it came from and what it does.
import { flatten, type ConfigValue } from './hash.ts'
import type { LoadedConfig } from './load.ts'
import { optionsOf } from './schema.ts'

export interface DescribedOption {
  /** Dotted. */
  readonly key: string
  /** As one would write it in YAML: `8`, `[c_attn]`, `greedy`. */
  readonly value: string
  /** `configs/lora.yaml:14`, `command line` or `default`. */
  readonly origin: string
  /** The schema's sentence about the option. */
  readonly description: string
}

/** A loaded configuration of any kind. */
type DescribedConfig = Pick<LoadedConfig<never>, 'kind' | 'origins'> & { readonly config: object }

/** One row for each value, in the schema's order. */
export function describe({ kind, config, origins }: DescribedConfig): DescribedOption[] {
  const options = optionsOf(kind.schema())
  const values = flatten(config)
  return Object.entries(values).map(([key, value]) => {
    const option = options.find(({ key: known, variant, tag }) => known === key && (tag === undefined || values[tag] === variant))
    return {
      key,
      value: valueText(value),
      origin: origins.get(key) ?? 'default',
      description: option?.schema.description ?? '',
    }
  })
}

/** A value as YAML's flow style writes it. */
export function valueText(value: ConfigValue): string {
  return typeof value === 'object' ? `[${value.join(', ')}]` : String(value)
}
