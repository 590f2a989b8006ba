// The rows of `captune explain`: every value of a configuration, where it came from and what it does.
import { flatten, type ConfigValue } from './hash.ts'
import type { LoadedConfig } from './load.ts'
import { optionsOf, runSchema } from './schema.ts'

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

/** One row for each value, in the schema's order. */
export function describe({ config, origins }: LoadedConfig): DescribedOption[] {
  const options = optionsOf(runSchema())
  return Object.entries(flatten(config)).map(([key, value]) => {
    const option = options.find(({ key: known, variant }) => known === key && (variant ?? config.peft.type) === config.peft.type)
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
