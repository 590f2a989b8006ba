// From the object in a PyTorch file to tensors by name: a plain dict, a dict inside the usual wrappers, or a TorchScript tree of modules,
// whose attributes are flattened depth-first with dots as `state_dict()` does.
import { CheckpointError } from './checkpoint-error.ts'
import { ofKind } from './pickled.ts'
import type { Pickled, PickledDict, PickledTensor } from './pickled.ts'

const wrappers = ['model_state_dict', 'state_dict', 'model', 'module', 'params', 'weights']
const deepest = 64
const mostVisits = 1_000_000
const longestName = 1000

/** Tensors by name, in the file's order; `tree` where the root was a TorchScript module. Throws CheckpointError where there is none. */
export function stateDict(where: string, root: Pickled): { tensors: Map<string, PickledTensor>; tree: boolean } {
  const record = ofKind(root, 'record')
  const tensors = record ? flattened(where, record.attributes) : flattened(where, unwrapped(ofKind(root, 'dict')))
  if (tensors.size === 0)
    throw new CheckpointError(`${where}: no tensor has a name in it; a dict of tensors (a \`state_dict\`) is needed.`)
  return { tensors, tree: record !== undefined }
}

/** The innermost dict of the usual wrappers; tensors beside a wrapped dict win over it. */
function unwrapped(dict: PickledDict | undefined): PickledDict | undefined {
  let inner = dict
  for (let depth = 0; depth < deepest && inner; depth++) {
    if ([...inner.entries.values()].some((value) => ofKind(value, 'tensor'))) return own(inner)
    const { entries } = inner
    const wrapped = wrappers.map((name) => ofKind(entries.get(name), 'dict')).find((value) => value !== undefined)
    if (wrapped === undefined) return inner
    inner = wrapped
  }
  return inner
}

/** A state dict holds its tensors itself: what lies in dicts beside them (an optimizer, a config) is not the model's. */
function own({ entries }: PickledDict): PickledDict {
  return { kind: 'dict', entries: new Map([...entries].filter(([, value]) => ofKind(value, 'tensor'))) }
}

function flattened(where: string, dict: PickledDict | undefined): Map<string, PickledTensor> {
  const tensors = new Map<string, PickledTensor>()
  let visits = 0

  function add(prefix: string, value: Pickled, depth: number): void {
    visits += 1
    if (depth > deepest || visits > mostVisits || prefix.length > longestName)
      throw new CheckpointError(
        `${where}: its objects are nested without end (at \`${prefix.slice(0, 80)}\`); the file is damaged or hostile.`,
      )
    const tensor = ofKind(value, 'tensor')
    if (tensor) return addTensor(prefix, tensor)
    const inner = ofKind(value, 'record')?.attributes ?? ofKind(value, 'dict')
    for (const [key, each] of inner?.entries ?? [])
      if (typeof key === 'string' || typeof key === 'number')
        add(prefix === '' ? String(key) : `${prefix}.${key}`, each, depth + 1)
  }

  function addTensor(name: string, tensor: PickledTensor): void {
    if (tensors.has(name)) throw new CheckpointError(`${where}: two tensors are named \`${name}\`; the file is damaged.`)
    if (name === '' || name === '__proto__')
      throw new CheckpointError(
        `${where}: a tensor is named \`${name.slice(0, 80)}\`, as no checkpoint names one; do not use this file.`,
      )
    tensors.set(name, tensor)
  }

  if (dict) add('', dict, 0)
  return tensors
}
