// The allow-list of a PyTorch checkpoint: what each class and function named in its pickle means here. Nothing else is ever resolved.
import { ofKind } from './pickled.ts'
import type { Pickled, PickledDict, PickledGlobal, Wrong } from './pickled.ts'
import type { StoredType } from './stored-type.ts'

const storageTypes: Readonly<Record<string, StoredType>> = {
  'torch.FloatStorage': 'F32',
  'torch.HalfStorage': 'F16',
  'torch.BFloat16Storage': 'BF16',
  'torch.DoubleStorage': 'F64',
  'torch.LongStorage': 'I64',
  'torch.IntStorage': 'I32',
  'torch.ShortStorage': 'I16',
  'torch.CharStorage': 'I8',
  'torch.ByteStorage': 'U8',
  'torch.BoolStorage': 'BOOL',
}

const dtypes = 'float16 bfloat16 float32 float64 half float double int8 uint8 int16 int32 int64 int long bool'.split(' ')

/** Things that carry no weights. */
const others = [
  ...dtypes.map((name) => `torch.${name}`),
  'torch.device',
  'torch.storage.UntypedStorage',
  'torch.storage.TypedStorage',
  'torch.serialization._get_layout',
  'numpy.core.multiarray.scalar',
  'numpy._core.multiarray.scalar',
  'numpy.dtype',
  '_codecs.encode',
]

const other = (): Pickled => ({ kind: 'other' })
const first = ([value = null]: readonly Pickled[]) => value

const calls = new Map<string, PickledGlobal['call']>([
  ...Object.keys(storageTypes).map((name) => [name, other] as const),
  ...others.map((name) => [name, other] as const),
  ['collections.OrderedDict', orderedDict],
  ['torch._utils._rebuild_tensor', rebuiltTensor],
  ['torch._utils._rebuild_tensor_v2', rebuiltTensor],
  ['torch._utils._rebuild_parameter', first],
  ['torch.Size', first],
  ...['build_intlist', 'build_doublelist', 'build_boollist', 'build_tensorlist', 'restore_type_tag'].map(
    (name) => [`torch.jit._pickle.${name}`, first] as const,
  ),
])

/** The class or function of the allow-list with that dotted name; a TorchScript class becomes a record of its attributes. */
export function torchGlobal(name: string): PickledGlobal | undefined {
  const call = calls.get(name)
  if (call) return { kind: 'global', name, call }
  if (!name.startsWith('__torch__.')) return undefined
  return { kind: 'global', name, call: () => ({ kind: 'record', attributes: undefined }) }
}

/** The storage of a persistent id `('storage', class, key, location, count[, view])`. */
export function torchStorage(id: Pickled): Pickled | Wrong {
  const [tag, storageClass, key, , count, view] = ofKind(id, 'tuple')?.items ?? []
  if (tag !== 'storage') return wrong('something that is no storage')
  const className = ofKind(storageClass, 'global')?.name ?? 'nothing'
  if (!Object.hasOwn(storageTypes, className)) return wrong(`a storage of \`${className}\`, a type not read here`)
  if (typeof key !== 'string' || key.length > 100 || !isCount(count)) return wrong('a storage without key or size')
  if (view !== undefined && view !== null) return wrong('a storage that is a view of another')
  return { kind: 'storage', stored: storageTypes[className]!, key, count }
}

const wrong = (found: string): Wrong => ({ kind: 'wrong', found })

function rebuiltTensor([given, offset, size, stride]: readonly Pickled[]): Pickled | Wrong {
  const storage = ofKind(given, 'storage')
  const shape = counts(size)
  const strides = counts(stride)
  if (storage === undefined) return wrong('no storage')
  if (!isCount(offset) || shape === undefined || strides?.length !== shape.length || shape.length > 32)
    return wrong('no offset, shape and strides that fit together')
  const values = shape.reduce((product, side) => product * side, 1)
  const span = values === 0 ? 0 : offset + 1 + shape.reduce((sum, side, axis) => sum + (side - 1) * strides[axis]!, 0)
  if (span > storage.count)
    return wrong(`a tensor of shape [${shape.join(', ')}] that reaches value ${span} of a storage of ${storage.count}`)
  if (values > Math.max(storage.count, mostRepeated))
    return wrong(`a tensor of shape [${shape.join(', ')}] over a storage of ${storage.count} values`)
  return { kind: 'tensor', storage, offset, shape, strides }
}

/** A tensor that repeats its values (`expand`) may be this large; without a limit a few bytes could ask for all memory. */
const mostRepeated = 2 ** 24

function counts(value: Pickled | undefined): readonly number[] | undefined {
  const items = (ofKind(value, 'tuple') ?? ofKind(value, 'list'))?.items
  return items?.every(isCount) ? items : undefined
}

function isCount(value: Pickled | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** Empty, or from a list of pairs, as Python 2 and some tools write it. */
function orderedDict([pairs]: readonly Pickled[]): PickledDict | Wrong {
  const entries = new Map<Pickled, Pickled>()
  for (const pair of ofKind(pairs, 'list')?.items ?? []) {
    const [key, value] = (ofKind(pair, 'tuple') ?? ofKind(pair, 'list'))?.items ?? []
    if (key === undefined || value === undefined) return wrong('items that are no pairs')
    entries.set(key, value)
  }
  return { kind: 'dict', entries }
}
