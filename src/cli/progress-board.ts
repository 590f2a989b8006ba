// Draws progress: on a terminal one live line per worker, redrawn in place; elsewhere a plain line now and then.
import type { Progress, Report } from '../base/progress.ts'
import { plainLine, progressLine, type ProgressLine } from './progress-line.ts'

const redrawEvery = 80 // ms, on a terminal
const plainEvery = 10_000 // ms, elsewhere

export interface ProgressBoard {
  /** A reporter that draws under `label`. */
  reporter(label: string): Report
  /** Takes the line of `label` away: its work is over. */
  remove(label: string): void
  /** Writes a line that stays, above the live ones. */
  print(text: string): void
  /** Takes the live lines away. */
  close(): void
}

interface Row {
  line: ProgressLine
  began: number
  printed: number
}

/** Writes sentences that stay and that nothing stops for. */
export function printWarnings(board: ProgressBoard, warnings: readonly string[]): void {
  for (const warning of warnings) board.print(`Warning: ${warning}`)
}

/** A board on `stream`, stderr by default: results alone belong on stdout. */
export function progressBoard(stream: NodeJS.WriteStream = process.stderr): ProgressBoard {
  const rows = new Map<string, Row>()
  const live = stream.isTTY && process.env.TERM !== 'dumb'
  let drawn = 0
  let drawnAt = 0

  const erase = () => {
    if (drawn > 0) stream.write(`\r\x1b[${drawn}A\x1b[0J`) // \r: a ^C that the terminal echoed moved the cursor
    drawn = 0
  }
  const draw = () => {
    const lines = [...rows.values()].map(({ line }) => progressLine(line, (stream.columns || 80) - 1))
    erase()
    stream.write(lines.map((line) => `${line}\n`).join(''))
    drawn = lines.length
    drawnAt = Date.now()
  }

  function update(label: string, progress: Progress): void {
    const now = Date.now()
    const before = rows.get(label)
    const same = before?.line.progress.phase === progress.phase && progress.done >= before.line.progress.done // a phase may come again
    const began = same ? before.began : now
    const doneAtStart = same ? before.line.doneAtStart : progress.done
    const line = { label, progress, elapsed: now - began, doneAtStart }
    const row = { line, began, printed: same ? before.printed : 0 }
    rows.set(label, row)
    const ended = progress.done >= progress.total
    if (live && (ended || now - drawnAt >= redrawEvery)) draw()
    if (!live && (ended ? row.printed !== Infinity : now - Math.max(row.printed, began) >= plainEvery)) {
      stream.write(`${plainLine(line)}\n`)
      row.printed = ended ? Infinity : now
    }
  }

  return {
    reporter: (label) => (progress) => update(label, progress),
    remove(label) {
      rows.delete(label)
      if (live) draw()
    },
    print(text) {
      if (live) erase()
      stream.write(`${text}\n`)
      if (live) draw()
    },
    close() {
      if (live) erase()
      rows.clear()
    },
  }
}
