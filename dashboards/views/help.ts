// Help, made from the bindings themselves: what the keys of the open view do, then those of everywhere.
import type { Binding } from '../bindings.ts'
import type { Size } from '../model.ts'
import { accented, bold, dim } from '../style.ts'
import { cutTo, fitted } from '../text.ts'
import type { View } from '../view.ts'

const keysWidth = 16

export function helpLines(bindings: readonly Binding[], { name, title }: View, size: Size, scroll: number): string[] {
  const lines = [
    bold(title),
    ...bindings.filter(({ scope }) => scope === name).map(bindingLine),
    '',
    bold('Everywhere'),
    ...bindings.filter(({ scope }) => scope === 'everywhere').map(bindingLine),
    '',
    dim('* best, + second best among runs scored alike   ◆ baseline   ● picked'),
  ]
  const top = Math.max(0, Math.min(scroll, lines.length - size.rows))
  const shown = lines.slice(top, top + size.rows)
  const below = lines.length - top - shown.length
  return [...shown.slice(0, -1), below > 0 ? dim(`${below + 1} more below`) : (shown.at(-1) ?? '')].map((line) =>
    cutTo(line, size.columns),
  )
}

function bindingLine({ keys, about }: Binding): string {
  return `  ${fitted(accented(keys.join(' ')), keysWidth)} ${about}`
}
