// What the user is told of an error, and the exit code that goes with it.
import { IncompleteError, InterruptedError, messageOf, UserError } from '../base/errors.ts'

/** Tells the user on stderr about what was thrown; gives the exit code. Only faults of the program show their stack. */
export function tell(error: unknown): number {
  if (error instanceof UserError || error instanceof IncompleteError || error instanceof InterruptedError) {
    console.error(messageOf(error))
    return error instanceof UserError ? 2 : error instanceof IncompleteError ? 3 : 130
  }
  console.error(error instanceof Error ? error.stack : error)
  return 1
}
