// The attempts of a grid: every combination of the values of some options, each with a name made from what varies.
import type { Change } from './load.ts'
import { isMapping } from './schema.ts'
import type { Place, Tree } from './tree.ts'

/** One option and the values it takes. */
export interface Axis {
  readonly key: string
  readonly values: readonly Tree[]
  readonly place: Place
}

/** An attempt before it is checked: what it changes in the base, in this order. */
export interface Draft {
  readonly name: string
  readonly changes: readonly Change[]
  readonly place: Place
}

/** How many attempts the axes make. */
export function gridSize(axes: readonly Axis[]): number {
  return axes.reduce((product, axis) => product * axis.values.length, 1)
}

/** Every combination, the last axis running fastest: `rank=4,lr=0.001`. */
export function attemptsOfGrid(axes: readonly Axis[], place: Place): Draft[] {
  return axes
    .reduce<Change[][]>(
      (rows, { key, values, place }) => rows.flatMap((row) => values.map((value) => [...row, { key, value, place }])),
      [[]],
    )
    .map((changes) => ({
      name: changes.map((change) => `${shortKey(change.key, axes)}=${valueName(change.value.value)}`).join(','),
      changes,
      place,
    }))
}

/** `rank` for `peft.rank`, unless another axis ends in the same word. */
function shortKey(key: string, axes: readonly Axis[]): string {
  const last = (dotted: string) => dotted.slice(dotted.lastIndexOf('.') + 1)
  return axes.filter((axis) => last(axis.key) === last(key)).length > 1 ? key : last(key)
}

function valueName(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueName).join('+')
  if (isMapping(value)) return Object.entries(value).map(([key, inside]) => (key === 'type' ? valueName(inside) : `${key}=${valueName(inside)}`)).join(',') // prettier-ignore
  return String(value).replaceAll(/[^A-Za-z0-9._+-]+/g, '_')
}
