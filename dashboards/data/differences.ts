// The options in which runs differ: what a comparison has to show of their configurations, and nothing else.
import type { ConfigValue } from '../../src/tracking/entries.ts'

export interface Difference {
  readonly key: string
  /** One for each run; undefined where the run has no such option. */
  readonly values: readonly (ConfigValue | undefined)[]
}

/** They say nothing about a result. */
const saysNothing = new Set(['name', 'engine.threads'])

/** Sorted by key, `peft` first. */
export function differences(configs: readonly Readonly<Record<string, ConfigValue>>[]): Difference[] {
  const keys = [...new Set(configs.flatMap((config) => Object.keys(config)))]
  return keys
    .map((key) => ({ key, values: configs.map((config) => config[key]) }))
    .filter(({ key, values }) => !saysNothing.has(key) && new Set(values.map((value) => JSON.stringify(value))).size > 1)
    .sort((a, b) => Number(b.key.startsWith('peft.')) - Number(a.key.startsWith('peft.')) || (a.key < b.key ? -1 : 1))
}

/** `8`, `c_attn c_proj`, `–` where the run has no such option. */
export function optionText(value: ConfigValue | undefined): string {
  if (value === undefined || value === null) return '–'
  return Array.isArray(value) ? value.map(String).join(' ') : String(value)
}
