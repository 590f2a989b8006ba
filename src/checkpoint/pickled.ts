// What a pickle may contain once it is read: plain values, containers, and the few objects that a checkpoint is made of. Nothing here can
// act: an object of a file's own class is a record of its attributes.
import type { StoredType } from './stored-type.ts'

export type Pickled = null | boolean | number | bigint | string | PickledObject

export type PickledObject =
  PickledList | PickledDict | PickledGlobal | PickledRecord | PickledStorage | PickledTensor | PickledOther

export interface PickledList {
  readonly kind: 'list' | 'tuple'
  readonly items: Pickled[]
}

export interface PickledDict {
  readonly kind: 'dict'
  readonly entries: Map<Pickled, Pickled>
}

/** A class or function of the allow-list, or a class of a TorchScript archive. */
export interface PickledGlobal {
  readonly kind: 'global'
  /** `torch._utils._rebuild_tensor_v2` */
  readonly name: string
  /** What calling it gives, or a sentence part that says what is wrong with the arguments. */
  readonly call: (given: readonly Pickled[]) => Pickled | Wrong
}

/** Says what was found in place of what a checkpoint has. */
export interface Wrong {
  readonly kind: 'wrong'
  readonly found: string
}

/** An object of a TorchScript class. */
export interface PickledRecord {
  readonly kind: 'record'
  attributes: PickledDict | undefined
}

/** Values kept outside the pickle, under `key`. */
export interface PickledStorage {
  readonly kind: 'storage'
  readonly stored: StoredType
  readonly key: string
  /** Number of values. */
  readonly count: number
}

/** A view of a storage; offset and strides count values. */
export interface PickledTensor {
  readonly kind: 'tensor'
  readonly storage: PickledStorage
  readonly offset: number
  readonly shape: readonly number[]
  readonly strides: readonly number[]
}

/** Something that no weights are in: a device, a dtype, a NumPy scalar. */
export interface PickledOther {
  readonly kind: 'other'
}

interface ByKind {
  list: PickledList
  tuple: PickledList
  dict: PickledDict
  global: PickledGlobal
  record: PickledRecord
  storage: PickledStorage
  tensor: PickledTensor
}

/** The value as an object of that kind, or undefined. */
export function ofKind<Kind extends keyof ByKind>(value: Pickled | undefined, kind: Kind): ByKind[Kind] | undefined {
  return typeof value === 'object' && value?.kind === kind ? (value as ByKind[Kind]) : undefined
}
