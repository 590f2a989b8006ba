// Which attempts the comparison shows: those that somebody picked, else the ones that a report needs.
import type { Attempt } from '../data/attempts.ts'
import { defaultPicks } from '../data/picks.ts'
import type { Model } from '../model.ts'
import { remembering } from '../remember.ts'

const chosen = remembering((attempts: readonly Attempt[], picked: readonly string[]): readonly Attempt[] => {
  const byId = new Map(attempts.map((attempt) => [attempt.run.id, attempt]))
  const those = picked.flatMap((id) => byId.get(id) ?? [])
  return those.length > 0 ? those : defaultPicks(attempts)
})

export function comparedAttempts({ attempts, picked }: Pick<Model, 'attempts' | 'picked'>): readonly Attempt[] {
  return chosen(attempts, picked)
}

/** The attempt that the cursor is on. */
export function comparedAtCursor(model: Model): Attempt | undefined {
  const attempts = comparedAttempts(model)
  return attempts.find(({ run }) => run.id === model.compare.cursor) ?? attempts[0]
}
