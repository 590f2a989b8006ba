// One class per kind of failure that a caller can act on. Everything else is a bug and keeps its stack.

/** Something the user can mend: printed as its one sentence, without a stack; exit code 2. */
export class UserError extends Error {
  override name = 'UserError'
}

/** The work ended but its answer is incomplete: a failed cell, a missing ingredient; exit code 3. */
export class IncompleteError extends Error {
  override name = 'IncompleteError'
}

/** The user asked to stop (Ctrl-C, SIGTERM, the dashboard); exit code 130. */
export class InterruptedError extends Error {
  override name = 'InterruptedError'
}

/** The system's error code (`ENOENT`, `ENOSPC`, ...) of anything thrown, or undefined. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
