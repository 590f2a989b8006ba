// A table for LaTeX with booktabs: \textbf best, \underline second. The document needs \usepackage{booktabs}.
import { checked, heading, type Cell, type Table } from './table.ts'

const columnTypes = { left: 'l', right: 'r', center: 'c' }

/** A tabular environment, to be pasted as it is; without a final line end. */
export function latex(table: Table): string {
  const { columns, rows } = checked(table)
  const types = columns.map(({ align = 'left' }) => columnTypes[align]).join('')
  const line = (cells: readonly string[]) => `${cells.join(' & ')} \\\\`
  return [
    `\\begin{tabular}{${types}}`,
    '\\toprule',
    line(columns.map((column) => escaped(heading(column)))),
    '\\midrule',
    ...rows.map((row) => line(row.map(marked))),
    '\\bottomrule',
    '\\end{tabular}',
  ].join('\n')
}

function marked({ text, mark }: Cell): string {
  if (mark === undefined) return escaped(text)
  return mark === 'best' ? `\\textbf{${escaped(text)}}` : `\\underline{${escaped(text)}}`
}

const commands: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '"': "''", // \textquotedbl needs an encoding that the document may not have
  '–': '--',
  '±': '$\\pm$',
  '∞': '$\\infty$',
  '[': '{[}', // after \\ a bracket would be read as its option
}

function escaped(text: string): string {
  return text
    .trim()
    .replace(/[\s\u0000-\u001f\u007f]+/g, ' ')
    .replace(/[\\~^<>|"–±∞[{}$&#%_]/g, (character) => commands[character] ?? `\\${character}`)
}
