// `captune evaluate --pred pred.csv`: problem 1's accuracy, and the classes that it is lost in.
import { evaluateLabels, type LabelScores } from '../recipes/evaluate-labels.ts'
import { fixed, percent } from '../tables/format.ts'
import { shownTable } from './show-table.ts'

interface LabelOptions {
  readonly images?: string
  readonly classes?: string
  readonly seed: number
  readonly json?: boolean
}

const mostClasses = 10

export function printLabels(predictions: string, { images, classes, seed, json }: LabelOptions): void {
  const scores = evaluateLabels({ predictions, images, classes }, seed)
  if (json === true) return console.log(JSON.stringify(jsonOf(scores), null, 2))
  const { accuracy, correct, total, interval, baseline } = scores
  console.log(`accuracy: ${accuracy}`)
  console.log(`${correct} of ${total} images right; 95 % interval [${fixed(interval.low, 3)}, ${fixed(interval.high, 3)}].`)
  if (images === undefined) console.log('Images that the file leaves out are not noticed; --images names their folder.')
  if (baseline !== undefined)
    console.log(`baseline (${baseline}): ${accuracy >= baseline ? 'passed' : `missed, by ${fixed(baseline - accuracy, 4)}`}.`)
  const table = worstClasses(scores)
  if (table !== '') console.log(`\n${table}`)
}

/** The classes with the lowest accuracy, and what their images are called instead. */
function worstClasses({ perClass, confusion, labels, classes }: LabelScores): string {
  const name = (label: string) => (classes === undefined ? label : `${label} ${classes.get(Number(label)) ?? ''}`)
  const worst = perClass.filter(({ correct, total }) => correct < total).sort((a, b) => a.correct / a.total - b.correct / b.total)
  if (worst.length === 0) return ''
  const rows = worst.slice(0, mostClasses).map(({ label, correct, total }) => {
    const calls = confusion[labels.indexOf(label)]!.map((count, i) => ({ count, label: labels[i]! })).filter(
      (call) => call.label !== label,
    )
    const most = calls.reduce((a, b) => (b.count > a.count ? b : a))
    return [name(label), percent(correct / total, 0), `${correct}/${total}`, `${name(most.label)} (${most.count})`]
  })
  const columns = [{ title: 'class' }, { title: 'accuracy', align: 'right' as const }, { title: 'right', align: 'right' as const }, { title: 'most often called instead' }] // prettier-ignore
  const rest = worst.length > mostClasses ? `\n${worst.length - mostClasses} more classes have errors; --json lists all.` : ''
  return shownTable({ columns, rows: rows.map((row) => row.map((text) => ({ text }))) }) + rest
}

function jsonOf({ accuracy, correct, total, interval, perClass, labels, confusion }: LabelScores) {
  return { accuracy, correct, total, interval: [interval.low, interval.high], perClass, labels, confusion }
}
