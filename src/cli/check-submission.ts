// `captune check`: every rule with its verdict, one after the other.
import { IncompleteError } from '../base/errors.ts'
import { packageRoot } from '../base/files.ts'
import { openCheckout, results, type CheckResult } from '../submission/check.ts'
import { rules, trials } from '../submission/checks/all.ts'
import { freshChecks } from './check-fresh.ts'

export interface CheckOptions {
  readonly fresh: boolean
  readonly json: boolean
}

const marks = { pass: 'pass  ', fail: 'FAIL  ', advice: 'note  ' } as const

export async function check({ fresh, json }: CheckOptions): Promise<void> {
  const found: CheckResult[] = []
  for await (const result of results([...rules, ...(fresh ? freshChecks() : trials)], openCheckout(packageRoot))) {
    found.push(result)
    if (!json) console.log(lines(result))
  }
  if (json) console.log(JSON.stringify(found, null, 1))
  const failed = found.filter(({ verdict }) => verdict === 'fail')
  if (failed.length === 0) return
  const stakes = [...new Set(failed.map(({ stake }) => stake))].join(', ')
  throw new IncompleteError(`${failed.length} of ${found.length} checks fail. At stake: ${stakes}.`)
}

function lines({ verdict, name, found, advice, stake }: CheckResult): string {
  const more =
    verdict === 'pass' ? [found] : [`${found}${verdict === 'fail' ? `  (at stake: ${stake})` : ''}`, `-> ${advice ?? ''}`]
  return [marks[verdict] + name, ...more.map((line) => `      ${line}`)].join('\n')
}
