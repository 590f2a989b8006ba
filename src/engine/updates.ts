// What becomes of state value by value, such as an optimizer's update, is taken out of a graph: a loop over the state where it lies does
// the same in one pass, and the new state need not leave the runtime. What such a loop takes beside the state, the gradient, leaves.
import { sizeOf } from '../base/nd-array.ts'
import type { LoopOp, Operand } from './elementwise-loop.ts'
import type { Update } from './graph.ts'
import type { Value } from './graph-builder.ts'

export interface WithoutUpdates {
  /** What the graph has to make. */
  readonly outputs: Readonly<Record<string, Value>>
  readonly updates: readonly Update[]
}

interface Names {
  readonly next: string
  readonly part: string
}

/** Separates the updates from `outputs`; new state that is more than a loop stays among them. */
export function withoutUpdates(outputs: Readonly<Record<string, Value>>, { next, part }: Names): WithoutUpdates {
  const roots = Object.entries(outputs).filter(([name, value]) => name.startsWith(next) && isStep(value))
  const others = Object.values(outputs).filter((value) => !roots.some(([, root]) => root === value))
  const unbounded = roots.map(([, root]) => walked(root, new Set()))
  const needed = neededBy([...others, ...unbounded.flatMap(({ scalars }) => [...scalars])])
  const groups = joined(
    roots.map(([name, root]) => ({ results: new Map([[name.slice(next.length), root]]), ...walked(root, needed) })),
  )
  const rest = { ...outputs }
  const updates: Update[] = []
  const parts = new Map<Value, string>()
  const leaving = (value: Value): string => {
    const name = parts.get(value) ?? `${part}${parts.size}`
    parts.set(value, name)
    rest[name] = value
    return name
  }
  for (const group of groups) {
    if (!isLoop(group)) continue
    for (const name of group.results.keys()) Reflect.deleteProperty(rest, next + name)
    updates.push(updateOf(group, leaving))
  }
  return { outputs: rest, updates }
}

const ops: readonly string[] = ['Add', 'Sub', 'Mul', 'Div', 'Sqrt'] satisfies LoopOp[]

function isStep({ node, dtype, shape }: Value): boolean {
  return node !== undefined && ops.includes(node.op) && dtype === 'float32' && sizeOf(shape) > 1
}

/** What a value is computed from, value by value. */
interface Walked {
  /** In an order in which they can be computed. */
  readonly steps: Set<Value>
  readonly arrays: Set<Value>
  readonly scalars: Set<Value>
}

interface Group extends Walked {
  /** New state by its name. */
  readonly results: Map<string, Value>
}

/** Stops at what is computed otherwise, and at what is `needed` elsewhere. */
function walked(root: Value, needed: ReadonlySet<Value>): Walked {
  const found: Walked = { steps: new Set(), arrays: new Set(), scalars: new Set() }
  const visit = (value: Value): void => {
    if (found.steps.has(value)) return
    if (sizeOf(value.shape) === 1) found.scalars.add(value)
    else if (!isStep(value) || needed.has(value)) found.arrays.add(value)
    else {
      value.node!.inputs.forEach(visit)
      found.steps.add(value)
    }
  }
  visit(root)
  return found
}

/** Groups that have a step or an array in common as one: they are one loop, and none overwrites what another still reads. */
function joined(groups: readonly Group[]): Group[] {
  const byValue = new Map<Value, Group>()
  for (const group of groups) {
    const values = [...group.steps, ...group.arrays]
    const met = new Set(values.flatMap((value) => byValue.get(value) ?? []))
    const whole: Group = [...met, group].reduce((all, each) => ({
      results: new Map([...all.results, ...each.results]),
      steps: new Set([...all.steps, ...each.steps]),
      arrays: new Set([...all.arrays, ...each.arrays]),
      scalars: new Set([...all.scalars, ...each.scalars]),
    }))
    for (const value of [...whole.steps, ...whole.arrays]) byValue.set(value, whole)
  }
  return [...new Set(byValue.values())]
}

/** Whether a loop can do it, with something of the graph's, and no more leaves the graph for it than it keeps from leaving. */
function isLoop({ steps, arrays, results }: Group): boolean {
  const parts = [...arrays].filter((value) => !isState(value))
  const sameSize = new Set([...steps, ...arrays].map(({ shape }) => shape.join())).size === 1
  return sameSize && parts.length > 0 && parts.length <= results.size && parts.every(({ kind }) => kind === 'computed')
}

function isState({ kind, port }: Value): boolean {
  return kind === 'input' && port!.startsWith('state:')
}

function updateOf(group: Group, leaving: (value: Value) => string): Update {
  const old = [...group.results.keys()].map((name) => `state:${name}`)
  const arrays = [...group.arrays]
  const ports = arrays.map((value) => (isState(value) ? value.port! : leaving(value)))
  const all = [...ports, ...old.filter((port) => !ports.includes(port))] // overwritten without having been read
  const scalars = [...group.scalars]
  const steps = [...group.steps]
  const operand = (value: Value): Operand => {
    if (group.steps.has(value)) return ['step', steps.indexOf(value)]
    return group.arrays.has(value) ? ['array', arrays.indexOf(value)] : ['scalar', scalars.indexOf(value)]
  }
  return {
    loop: {
      arrays: all.length,
      scalars: scalars.length,
      steps: steps.map(({ node }) => ({ op: node!.op as LoopOp, operands: node!.inputs.map(operand) })),
      results: [...group.results].map(([name, value]) => ({ array: all.indexOf(`state:${name}`), step: steps.indexOf(value) })),
    },
    size: sizeOf(steps[0]!.shape),
    arrays: all,
    scalars: scalars.map((value) => (value.kind === 'constant' ? value.data![0]! : leaving(value))),
  }
}

function neededBy(values: readonly Value[]): Set<Value> {
  const needed = new Set<Value>()
  const open = [...values]
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (needed.has(value)) continue
    needed.add(value)
    open.push(...(value.node?.inputs ?? []))
  }
  return needed
}
