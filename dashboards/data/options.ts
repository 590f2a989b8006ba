// The options of runs beside each other: those in which they differ, which a comparison has to show, or all of them.
import type { ConfigValue } from '../../src/tracking/entries.ts'

export interface Option {
  readonly key: string
  /** One for each run; undefined where the run has no such option. */
  readonly values: readonly (ConfigValue | undefined)[]
}

/** They say nothing about a result. */
const saysNothing = new Set(['name', 'engine.threads'])

/** Sorted by key, `peft` first. */
export function optionsOf(configs: readonly Readonly<Record<string, ConfigValue>>[]): Option[] {
  const keys = [...new Set(configs.flatMap((config) => Object.keys(config)))]
  return keys
    .map((key) => ({ key, values: configs.map((config) => config[key]) }))
    .sort((a, b) => Number(b.key.startsWith('peft.')) - Number(a.key.startsWith('peft.')) || (a.key < b.key ? -1 : 1))
}

/** Of these the ones in which the runs differ. */
export function differing(all: readonly Option[]): Option[] {
  return all.filter(({ key, values }) => !saysNothing.has(key) && new Set(values.map((value) => JSON.stringify(value))).size > 1)
}

/** `8`, `c_attn c_proj`, `–` where the run has no such option. */
export function optionText(value: ConfigValue | undefined): string {
  if (value === undefined || value === null) return '–'
  return Array.isArray(value) ? value.map(String).join(' ') : String(value)
}
