// Ctrl-C asks once, politely; the second time it means it.

/** Aborted at the first SIGINT or SIGTERM; the second ends the process at once with 130. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController()
  const stop = () => {
    if (controller.signal.aborted) process.exit(130)
    controller.abort()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return controller.signal
}
