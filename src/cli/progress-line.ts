// One line of progress as text: pure, so that it can be tested whole.
import type { Progress } from '../base/progress.ts'
import { bytes, duration } from '../tables/format.ts'

export interface ProgressLine {
  readonly label: string
  readonly progress: Progress
  /** Milliseconds since the phase began, and how much was done at that time (a resumed phase does not begin at zero). */
  readonly elapsed: number
  readonly doneAtStart: number
}

/** `lora-s1  epoch 2/4  ━━━━━━──────  50 %  38/75 steps  9.8 steps/s  4 s left  loss 1.234`, cut at `width` columns. */
export function progressLine(line: ProgressLine, width: number): string {
  const { phase, done, total, unit, detail } = line.progress
  const rate = ratePerSecond(line)
  const parts = [
    line.label,
    phase,
    bar(total > 0 ? done / total : 1, 16),
    `${Math.floor(total > 0 ? (100 * done) / total : 100)} %`,
    amount(line.progress),
    rate === undefined ? '' : rateText(rate, unit),
    rate === undefined || done >= total ? '' : `${duration(Math.max(1, Math.round((total - done) / rate)))} left`,
    detail ?? '',
  ]
  const text = parts.filter((part) => part !== '').join('  ')
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`
}

/** The same for a log file: no bar, the time it took instead of the time left. */
export function plainLine(line: ProgressLine): string {
  const { phase, done, total, unit, detail } = line.progress
  const rate = ratePerSecond(line)
  const speed = rate === undefined ? '' : `, ${rateText(rate, unit)}`
  const left = rate === undefined || done >= total ? '' : `, ${duration(Math.max(1, Math.round((total - done) / rate)))} left`
  const prefix = line.label === '' ? '' : `${line.label}: `
  return `${prefix}${phase}: ${amount(line.progress)}${speed}${left}${detail === undefined ? '' : `, ${detail}`}`
}

/** Units per second since the phase began; unknown before there is something to measure. */
function ratePerSecond({ progress, elapsed, doneAtStart }: ProgressLine): number | undefined {
  const made = progress.done - doneAtStart
  return made > 0 && elapsed >= 200 ? made / (elapsed / 1000) : undefined
}

/** `38/75 steps`, `12.3 MB/933 MB` */
function amount({ done, total, unit }: Progress): string {
  return unit === 'bytes' ? `${bytes(done)}/${bytes(total)}` : `${done}/${total} ${unit}`
}

function rateText(rate: number, unit: string): string {
  if (unit === 'bytes') return `${bytes(Math.round(rate))}/s`
  return `${rate >= 100 ? rate.toFixed(0) : rate >= 10 ? rate.toFixed(1) : rate.toFixed(2)} ${unit}/s`
}

function bar(fraction: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, fraction)) * width)
  return '━'.repeat(full) + '─'.repeat(width - full)
}
