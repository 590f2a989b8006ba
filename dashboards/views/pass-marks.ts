// The course's pass marks beside a score, where they hold.
import { baselineVerdicts } from '../../src/metrics/baselines.ts'
import type { Attempt } from '../data/attempts.ts'

/** The highest baseline that the scores pass: `simple`, `strong`; `none` where they pass none, '' where the marks do not hold. */
export function passText({ marks, cider, clipscore }: Attempt): string {
  if (marks === 'none' || cider === undefined) return ''
  const verdicts = baselineVerdicts({ cider, clipscore: marks === 'both' ? clipscore : undefined })
  const passed = verdicts.filter((verdict) => verdict.passed !== false).at(-1)
  if (passed === undefined) return 'none'
  return passed.passed === undefined ? `${passed.name}?` : passed.name
}
