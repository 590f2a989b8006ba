// How fast this machine is with Captune, and where a Python has PyTorch, with PyTorch at the same work: `npm run bench -- --help`.
import { parseArgs } from 'node:util'
import { messageOf, UserError } from '../src/base/errors.ts'
import { writeAtomically } from '../src/base/files.ts'
import { captions } from './captions.ts'
import { dashboard } from './dashboard.ts'
import { findTorch } from './entrants.ts'
import { epoch } from './epoch.ts'
import { features } from './features.ts'
import { grading } from './grading.ts'
import { growth } from './growth.ts'
import { logging } from './logging.ts'
import { isBusy, machineFacts } from './machine.ts'
import type { Part } from './part.ts'
import { holdPieces } from './pieces.ts'
import { products } from './products.ts'
import type { Row, Skipped } from './rows.ts'
import { scores } from './scores.ts'
import { startup } from './startup.ts'
import { tableOf } from './table.ts'
import { training } from './training.ts'

const parts: readonly Part[] = [
  products,
  training,
  epoch,
  features,
  captions,
  grading,
  scores,
  startup,
  growth,
  logging,
  dashboard,
]

const help = `npm run bench -- [PART ...] [--quick] [--json FILE]

${parts.map(({ name, about }) => `  ${name.padEnd(10)} ${about}`).join('\n')}

  --quick       fewer repetitions and nothing of full size: about half a minute
  --json FILE   writes all times and the facts of the machine too; - prints them in place of the tables
  CAPTUNE_PYTHON=/path/to/python names a Python with PyTorch to compare with (otherwise python3 is asked)

Captune and PyTorch work in turns, each in a process of its own; "captune takes" is Captune's median time over theirs.`

interface Wish {
  readonly parts: readonly Part[]
  readonly quick: boolean
  readonly json?: string | undefined
}

/** Throws UserError on an option or a part that there is not. */
function wishFrom(given: string[]): Wish | 'help' {
  const options = { quick: { type: 'boolean' }, json: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const
  const { values, positionals } = parsed(() => parseArgs({ args: given, options, allowPositionals: true }))
  if (values.help === true) return 'help'
  const unknown = positionals.find((name) => !parts.some((part) => part.name === name))
  if (unknown !== undefined)
    throw new UserError(`bench: there is no part "${unknown}"; choose among ${parts.map(({ name }) => name).join(', ')}.`)
  const chosen = positionals.length === 0 ? parts : parts.filter(({ name }) => positionals.includes(name))
  return { parts: chosen, quick: values.quick === true, json: values.json }
}

function parsed<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw new UserError(`bench: ${messageOf(error)}`)
  }
}

async function bench({ parts: chosen, quick, json }: Wish): Promise<void> {
  const torch = findTorch()
  const machine = await machineFacts(torch)
  const print = json === '-' ? () => undefined : (text: string) => console.log(text)
  print(
    Object.entries(machine)
      .map(([key, value]) => `${key}: ${text(value)}`)
      .join('\n'),
  )
  if (isBusy(machine))
    print('\nOther programs keep this machine busy: times are worse than it could do, and ratios less certain.')
  const rows: (Row | Skipped)[] = []
  const letGo = quick ? undefined : await holdPieces()
  try {
    for (const part of chosen) {
      const measured = await part.measure({ quick, torch, report: (what) => process.stderr.write(`... ${what}\n`) })
      print(`\n${part.about}\n\n${tableOf(measured)}`)
      rows.push(...measured)
    }
  } finally {
    letGo?.()
  }
  const result = `${JSON.stringify({ machine, quick, rows }, null, 1)}\n`
  if (json === '-') process.stdout.write(result)
  else if (json !== undefined) writeAtomically(json, result)
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

try {
  const wish = wishFrom(process.argv.slice(2))
  if (wish === 'help') console.log(help)
  else await bench(wish)
} catch (error) {
  if (!(error instanceof UserError)) throw error
  console.error(error.message)
  process.exitCode = 2
}
