// What a key does: the one table that drives dispatch, help and the test that no two bindings of a scope share a key.
import type { Model, Size, Step, ViewName } from './model.ts'

/** Names as help shows them: `a`, `K`, `ctrl+s`, `up`, `page down`, `space`, `enter`, `esc`. */
export type KeyName = string

export interface Binding {
  readonly keys: readonly KeyName[]
  readonly scope: 'everywhere' | ViewName
  /** What it does, as help says it. */
  readonly about: string
  /** Shown on the last line too, in one word. */
  readonly short?: string
  readonly press: (model: Model, size: Size) => Step
}

/** The binding of `key` in a view: its own before those of everywhere. */
export function bindingOf(bindings: readonly Binding[], view: ViewName, key: KeyName): Binding | undefined {
  const fits = bindings.filter(({ keys, scope }) => keys.includes(key) && (scope === view || scope === 'everywhere'))
  return fits.find(({ scope }) => scope === view) ?? fits[0]
}
