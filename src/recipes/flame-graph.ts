// A flame graph as one SVG file: what takes time stands on what called it, as wide as the time it takes (Gregg, The Flame Graph, 2016).
// Every box tells its whole name, its time and its share when the pointer rests on it.
import { escapeHtml } from '../tables/html.ts'

export interface Flame {
  readonly name: string
  /** Of itself and all its children. */
  readonly milliseconds: number
  readonly children: readonly Flame[]
}

/** The flame of stacks, each from the outermost name in, with the time spent in its innermost. Siblings with one name are one flame. */
export function flameOf(
  name: string,
  stacks: readonly { readonly names: readonly string[]; readonly milliseconds: number }[],
): Flame {
  const groups = new Map<string, typeof stacks>()
  for (const stack of stacks) {
    const [first] = stack.names
    if (first !== undefined) groups.set(first, [...(groups.get(first) ?? []), stack])
  }
  const children = [...groups].map(([child, inside]) =>
    flameOf(
      child,
      inside.map(({ names, milliseconds }) => ({ names: names.slice(1), milliseconds })),
    ),
  )
  const milliseconds = stacks.reduce((sum, stack) => sum + stack.milliseconds, 0)
  return { name, milliseconds, children: children.sort((a, b) => b.milliseconds - a.milliseconds) }
}

const [width, rowHeight, margin, fontSize] = [1400, 20, 10, 12]
const letterWidth = 0.62 * fontSize
/** Narrower boxes are left out. */
const narrowest = 0.5
/** Dark letters can be read on all of them; by level, so that neighbours differ. */
const colours = ['#f4d58d', '#f2b880', '#e9a178', '#f0c987']

/** The document, with the outermost box at the bottom. */
export function flameGraph(root: Flame): string {
  const height = depthOf(root) * rowHeight + 2 * margin
  const boxes = boxesOf(root, root.milliseconds, { x: margin, level: 0 }).map(({ flame, x, level, width: breadth }) => {
    const [y, share] = [height - margin - (level + 1) * rowHeight, flame.milliseconds / root.milliseconds]
    const told = `${flame.name}: ${flame.milliseconds.toFixed(2)} ms, ${(100 * share).toFixed(1)} %`
    const letters = Math.floor((breadth - 6) / letterWidth)
    const label = letters < 3 ? '' : flame.name.length <= letters ? flame.name : `${flame.name.slice(0, letters - 1)}…`
    return [
      `<g><title>${escapeHtml(told)}</title>`,
      `<rect x="${x.toFixed(1)}" y="${y}" width="${breadth.toFixed(1)}" height="${rowHeight - 1}" rx="2" fill="${colours[level % colours.length]!}"/>`,
      `<text x="${(x + 3).toFixed(1)}" y="${y + 14}">${escapeHtml(label)}</text></g>`,
    ].join('')
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="${fontSize}">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...boxes,
    '</svg>\n',
  ].join('\n')
}

interface Box {
  readonly flame: Flame
  readonly x: number
  readonly level: number
  readonly width: number
}

function boxesOf(flame: Flame, all: number, { x, level }: { x: number; level: number }): Box[] {
  const breadth = (flame.milliseconds / all) * (width - 2 * margin)
  if (breadth < narrowest) return []
  let at = x
  const inner = flame.children.flatMap((child) => {
    const from = at
    at += (child.milliseconds / all) * (width - 2 * margin)
    return boxesOf(child, all, { x: from, level: level + 1 })
  })
  return [{ flame, x, level, width: breadth }, ...inner]
}

function depthOf({ children }: Flame): number {
  return 1 + Math.max(0, ...children.map(depthOf))
}
