// What a score costs: the compared attempts' scores against what they trained or how long it took.
import { scatterOnPage } from '../charts/page-charts.ts'
import { svgPage } from '../charts/page.ts'
import { scatter, type Scatter } from '../charts/scatter.ts'
import type { Attempt } from '../data/attempts.ts'
import type { Model, Size } from '../model.ts'
import type { Cost } from './compare-state.ts'
import { comparedAttempts } from './compared-attempts.ts'
import { namesOf } from './compared.ts'

const axes: Readonly<Record<Cost, Pick<Scatter, 'xName' | 'xUnit'> & { of: (attempt: Attempt) => number | undefined }>> = {
  trained: { xName: 'trained parameters', xUnit: 'number', of: ({ trained }) => trained },
  time: { xName: 'time', xUnit: 'seconds', of: ({ seconds }) => seconds },
}

export function scatterLines(model: Model, against: Cost, size: Size): string[] {
  return scatter(scatterOf(model, against), size)
}

/** As an SVG document. */
export function scatterPage(model: Model, against: Cost): string {
  return svgPage([scatterOnPage(scatterOf(model, against))], namesOf(comparedAttempts(model)))
}

/** Signs are those that the attempts have in the curves. */
function scatterOf(model: Model, against: Cost): Scatter {
  const attempts = comparedAttempts(model)
  const names = namesOf(attempts)
  const { of, xName, xUnit } = axes[against]
  const score = attempts.some(({ cider }) => cider !== undefined) ? 'CIDEr' : 'accuracy'
  const points = attempts.map((attempt, look) => {
    const y = score === 'CIDEr' ? attempt.cider : attempt.accuracy
    return { name: names[look]!, look, x: of(attempt) ?? NaN, y: y ?? NaN }
  })
  const circumstances = new Set(
    attempts.filter(({ cider, accuracy }) => (cider ?? accuracy) !== undefined).map((each) => each.circumstances),
  )
  const missing = points.filter(({ x, y }) => Number.isNaN(x + y)).length
  const notes = [
    ...(circumstances.size > 1 ? ['not all scored alike'] : []),
    ...(missing > 0 ? [`${missing} without numbers yet`] : []),
  ]
  const title = [`${score} against ${xName}`, ...notes].join(' · ')
  return { title, points, xName, xUnit, yUnit: 'number' }
}
