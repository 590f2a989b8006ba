// What a filter can ask of a run, by name. Any option of the configuration is a field too: `peft.rank`, or its last part `rank`.
import type { Attempt } from '../data/attempts.ts'

export type FieldName = string
export type FieldValue = string | number | readonly string[] | undefined

export const fields: Readonly<Record<FieldName, (attempt: Attempt) => FieldValue>> = {
  peft: ({ type }) => type,
  state: ({ run }) => run.state,
  study: ({ run }) => run.study,
  attempt: ({ run }) => run.attempt,
  run: ({ run }) => run.id,
  kind: ({ run }) => run.kind,
  seed: ({ run }) => run.seed,
  tag: ({ tags }) => tags,
  note: ({ notes }) => notes,
  reason: ({ run }) => run.reason ?? undefined,
  cider: ({ cider }) => cider,
  clipscore: ({ clipscore }) => clipscore,
  bleu4: ({ bleu4 }) => bleu4,
  rougel: ({ rougeL }) => rougeL,
  accuracy: ({ accuracy }) => accuracy,
  loss: ({ lastLoss }) => lastLoss,
  trained: ({ trained }) => trained,
  epoch: ({ epoch }) => epoch,
}

/** The value of a field, or of an option by its whole name. */
export function fieldOf(attempt: Attempt, name: FieldName): FieldValue {
  if (Object.hasOwn(fields, name)) return fields[name]!(attempt)
  const value = attempt.config[name]
  if (value === undefined || value === null) return undefined
  if (Array.isArray(value)) return value.map(String)
  return typeof value === 'number' ? value : String(value)
}

/** Finds an option of any of the runs by its name or the last part of it. */
export function optionFinder(attempts: readonly Attempt[]): (name: string) => string | undefined {
  const keys = new Set<string>()
  for (const { config } of attempts) for (const key in config) keys.add(key)
  const sorted = [...keys].sort()
  return (name) =>
    sorted.find((key) => key.toLowerCase() === name) ?? sorted.find((key) => key.toLowerCase().endsWith(`.${name}`))
}
