// The command palette: what can be done in the open view, found by its name instead of its key.
import { bindingOf, type Binding } from '../bindings.ts'
import type { Dialog, Size, ViewName } from '../model.ts'
import { accented, dim, inverse } from '../style.ts'
import { cutTo, fitted } from '../text.ts'
import { bindings } from './views.ts'

type Palette = Extract<Dialog, { kind: 'palette' }>

/** The bindings of a view and of everywhere whose words contain every word that is typed, those of the view first. */
export function foundBindings(view: ViewName, text: string): readonly Binding[] {
  const words = text.toLowerCase().split(/\s+/)
  const here = bindings.filter((binding) => bindingOf(bindings, view, binding.keys[0]!) === binding)
  const found = here.filter(({ about, short = '' }) => words.every((word) => `${short} ${about}`.toLowerCase().includes(word)))
  return [...found.filter(({ scope }) => scope === view), ...found.filter(({ scope }) => scope !== view)]
}

/** Where the cursor is among so many lines. */
export function placeAmong(count: number, { cursor }: Palette): number {
  return Math.max(0, Math.min(count - 1, cursor))
}

export function paletteLines(view: ViewName, palette: Palette, { columns, rows }: Size): string[] {
  const found = foundBindings(view, palette.text)
  if (found.length === 0) return ['', dim('Nothing is called so here.')]
  const cursor = placeAmong(found.length, palette)
  const top = Math.max(0, Math.min(found.length - rows, cursor - (rows >> 1)))
  return found.slice(top, top + rows).map(({ about, keys }, i) => {
    const key = fitted(keys[0]!, 10)
    return top + i === cursor ? inverse(fitted(` ${key} ${about}`, columns)) : cutTo(` ${accented(key)} ${about}`, columns)
  })
}
