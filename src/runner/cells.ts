// A study as cells, one for each attempt and seed, and what the database already has of them.
import type { Reader } from '../tracking/reader.ts'
import type { RunRow } from '../tracking/run-state.ts'

/** One run that a study wants. */
export interface Cell {
  readonly study: string
  readonly attempt: string
  readonly seed: number
  /** `train`, `classify`, `decode`. */
  readonly kind: string
  /** Of everything that decides the result (contracts: config without paths, seed, data, weights), in hexadecimal. */
  readonly hash: string
  readonly runId: string
  /** The command line of its process after the script. */
  readonly arguments: readonly string[]
}

/** `done`: a finished run has its hash, under whatever name. `missing` includes runs that were stopped. */
export type CellStatus = 'done' | 'running' | 'failed' | 'missing'

export interface PlannedCell {
  readonly cell: Cell
  readonly status: CellStatus
  /** The run that decided the status: the finished one, the running one, the one that failed or was stopped. */
  readonly run: RunRow | undefined
}

/** Id and folder name of a run: `<study>-<attempt>-s<seed>-<8 hex of the hash>`. */
export function runIdOf(cell: Pick<Cell, 'study' | 'attempt' | 'seed' | 'hash'>): string {
  return `${slug(cell.study)}-${slug(cell.attempt)}-s${cell.seed}-${cell.hash.slice(0, 8)}`
}

/** Letters, digits, dots and underscores; anything else that a name may hold becomes a hyphen, for it names a folder. */
function slug(name: string): string {
  return name.replace(/[^\p{L}\p{N}._]+/gu, '-').replace(/^[-.]+|-+$/g, '') || 'unnamed'
}

/** What is done and what is to be executed, in the order of the cells. */
export function planCells(cells: readonly Cell[], reader: Reader): PlannedCell[] {
  return cells.map((cell) => {
    const runs = reader.runs({ config_hash: cell.hash })
    const own = runs.filter(({ id }) => id === cell.runId)
    for (const [state, status] of [
      ['finished', 'done'],
      ['running', 'running'],
    ] as const) {
      const run = [...own, ...runs].find((row) => row.state === state)
      if (run !== undefined) return { cell, status, run }
    }
    const run = own[0]
    const failed = run?.state === 'failed' || run?.state === 'crashed'
    return { cell, status: failed ? 'failed' : 'missing', run }
  })
}
