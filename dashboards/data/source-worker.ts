// The thread of the source: a slow query, a bootstrap or a locked database never keeps a key waiting.
import { parentPort, workerData } from 'node:worker_threads'
import type { FromSource, ToSource } from './messages.ts'
import { openSource } from './source.ts'

export interface SourceJob {
  readonly database: string
  readonly study: string | undefined
}

const pause = 300 // ms between looks at the database

if (parentPort !== null) serve(parentPort, workerData as SourceJob)

function serve(port: NonNullable<typeof parentPort>, job: SourceJob): void {
  const source = openSource({ ...job, tell: (message: FromSource) => port.postMessage(message) })
  let next: NodeJS.Timeout | undefined

  /** Slices follow each other without a pause, but requests get their turn between them. */
  function look(): void {
    clearTimeout(next)
    const more = source.poll()
    next = setTimeout(look, more ? 0 : pause)
  }

  port.on('message', (message: ToSource) => {
    source.receive(message)
    look()
  })
  look()
}
