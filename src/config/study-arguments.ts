// The arguments of `captune study`: `train.epochs=2` for every attempt, `peft.rank=4,8` for a grid, `seed=1,2` for the seeds.
import type { Axis } from './grid.ts'
import { collecting, splitOverride, type Change } from './load.ts'
import type { Problem } from './problems.ts'
import { commandLine, placeOf, pointerTo, subtree, type Place, type Tree } from './tree.ts'
import { parseValue } from './yaml-source.ts'

/** The arguments of `captune study`, sorted. */
export interface StudyArguments {
  /** One value each. */
  readonly fixed: readonly Change[]
  /** Several values each. */
  readonly axes: readonly Axis[]
  readonly seeds?: Tree
}

/** `seed=...` apart; what has several values, and what has one. */
export function sortedArguments(args: readonly string[], problems: Problem[]): StudyArguments {
  const given = args.flatMap((text) => collecting(problems, () => axisFrom(text)) ?? [])
  const seeds = given.findLast(({ key }) => key === 'seed')
  const options = given.filter(({ key }) => key !== 'seed')
  const fixed = options
    .filter(({ values }) => values.length === 1)
    .map(({ key, values, place }) => ({ key, value: values[0]!, place }))
  return {
    fixed,
    axes: options.filter(({ values }) => values.length > 1),
    ...(seeds === undefined ? {} : { seeds: listOf(seeds) }),
  }
}

/** Values are separated by commas outside brackets, braces and quotes: `peft={type: lora, rank: 4},{type: prefix}` has two. */
function axisFrom(text: string): Axis {
  const { key, value } = splitOverride(text)
  const list = collecting([], () => parseValue(`[${value}]`))
  const several = list !== undefined && Array.isArray(list.value) && list.value.length > 1
  return { key, values: several ? itemsOf(list, []) : [parseValue(value)], place: commandLine }
}

function listOf({ values, place }: Axis): Tree {
  const [only] = values
  const list = values.length === 1 && Array.isArray(only?.value) ? (only.value as unknown[]) : values.map(({ value }) => value)
  return { value: list, places: new Map([['', place]]) }
}

/** The items of the list at `keys`, each with its places. */
export function itemsOf(tree: Tree, keys: readonly string[]): Tree[] {
  const list = subtree(tree, keys)
  return ((list.value ?? []) as unknown[]).map((value, i) => {
    const at = pointerTo('', i)
    const places = new Map<string, Place>([['', placeOf(list, at)]])
    for (const [below, place] of list.places) if (below.startsWith(`${at}/`)) places.set(below.slice(at.length), place)
    return { value, places }
  })
}
