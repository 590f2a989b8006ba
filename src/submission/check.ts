// A check is one rule of the course (or of common sense) with a name that reads as the rule. It looks and says what it found; it mends nothing.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf, UserError } from '../base/errors.ts'
import { trackedFiles } from './git.ts'
import { readSubmission, type Submission } from './submission.ts'

/** `advice`: nothing that costs points by itself, or something that could not be looked at. */
export type Verdict = 'pass' | 'fail' | 'advice'

export interface Finding {
  readonly verdict: Verdict
  /** What is so, in a few words. */
  readonly found: string
  /** What to do. */
  readonly advice?: string
}

/** What is lost where the rule is broken. */
export type Stake = 'everything' | 'problem 1' | 'problem 2' | 'problems 1 and 2' | 'the report'

export interface Check {
  readonly name: string
  readonly stake: Stake
  readonly look: (checkout: Checkout) => Finding | Promise<Finding>
}

export interface CheckResult extends Finding {
  readonly name: string
  readonly stake: Stake
}

/** What checks look at. */
export interface Checkout {
  readonly root: string
  /** Committed or staged files; undefined outside git. */
  readonly tracked: readonly string[] | undefined
  /** The submission, or why it cannot be read. */
  readonly submission: Submission | { readonly problem: string }
}

/** The checkout in `root`. */
export function openCheckout(root: string): Checkout {
  return { root, tracked: trackedFiles(root), submission: submissionIn(root) }
}

function submissionIn(root: string): Checkout['submission'] {
  const path = join(root, 'configs/submission.yaml')
  if (!existsSync(path)) return { problem: 'configs/submission.yaml is missing' }
  try {
    return readSubmission(path)
  } catch (error) {
    if (error instanceof UserError) return { problem: messageOf(error).split('\n')[0]! }
    throw error
  }
}

/** Looks at one rule after the other. What a check cannot read is a finding too. */
export async function* results(checks: readonly Check[], checkout: Checkout): AsyncGenerator<CheckResult, void, void> {
  for (const { name, stake, look } of checks) {
    try {
      yield { name, stake, ...(await look(checkout)) }
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      yield { name, stake, verdict: 'fail', found: messageOf(error) }
    }
  }
}

export const pass = (found: string): Finding => ({ verdict: 'pass', found })
export const fail = (found: string, advice: string): Finding => ({ verdict: 'fail', found, advice })
export const advise = (found: string, advice: string): Finding => ({ verdict: 'advice', found, advice })

/** `look` with the submission; where it cannot be read, that is the finding. */
export function ofSubmission(look: (submission: Submission, checkout: Checkout) => Finding | Promise<Finding>): Check['look'] {
  return (checkout) => {
    const { submission } = checkout
    return 'problem' in submission ? fail(submission.problem, '`captune submit RUN` writes it.') : look(submission, checkout)
  }
}
