// Problem 1's predictions (`filename,label`) checked as the grader reads them. The true class stands in an image's name: 40_454.png is of 40.

export interface CheckedLabels {
  /** The usable labels, by file name. */
  readonly labels: Readonly<Record<string, string>>
  /** Every file that is named, with a usable label or not. */
  readonly files: readonly string[]
  /** What the grader would fail on or count as wrong, a sentence each. */
  readonly errors: readonly string[]
}

/** Checks the text of a CSV; `where` begins each sentence. Labels must be class numbers, of `classes` where they are given. */
export function checkLabels(text: string, where: string, classes?: ReadonlyMap<number, string>): CheckedLabels {
  const [header = '', ...lines] = text.replace(/^\ufeff/, '').split(/\r?\n/)
  const errors: string[] = []
  if (header !== 'filename,label')
    errors.push(`${where}:1: the first line is ${JSON.stringify(header)}; "filename,label" is needed.`)
  const labels = new Map<string, string>()
  const files = new Set<string>()
  lines.forEach((line, i) => {
    if (line === '') return
    const place = `${where}:${i + 2}`
    const [, file, label] = /^"?([^"]*?)"?,([^,]*)$/.exec(line) ?? []
    const wrong = rowError(line, file, label, { files, classes })
    if (file !== undefined) files.add(file)
    if (wrong === undefined) labels.set(file!, String(Number(label)))
    else errors.push(`${place}: ${wrong}`)
  })
  return { labels: Object.fromEntries(labels), files: [...files], errors }
}

function rowError(
  line: string,
  file: string | undefined,
  label: string | undefined,
  { files, classes }: { files: ReadonlySet<string>; classes: ReadonlyMap<number, string> | undefined },
): string | undefined {
  if (file === undefined || label === undefined)
    return `the line is ${JSON.stringify(line)}; a file name, a comma and a class number are needed.`
  if (files.has(file)) return `\`${file}\` occurs more than once; one line for each image is needed.`
  if (!/^\d+$/.test(label)) return `\`${file}\` has the label ${JSON.stringify(label)}; a class number is needed.`
  if (classes !== undefined && !classes.has(Number(label)))
    return `\`${file}\` has the label ${label}, which is no class of the list.`
  return undefined
}

/** The class in the name of an image: "40" for `40_454.png`; undefined where there is none. */
export function labelInName(file: string): string | undefined {
  const [, number] = /^(\d+)_/.exec(file) ?? []
  return number === undefined ? undefined : String(Number(number))
}
