// First values made by a thread while the one that asked does something else: 28 million of a normal distribution take seconds.
import type { NamedArrays } from '../base/nd-array.ts'
import { sizeOf } from '../base/nd-array.ts'
import { startWorker } from '../base/worker-thread.ts'
import { initialise } from './initialise.ts'
import type { InitialiseJob } from './initialise-worker.ts'
import type { ParameterSpec } from './scope.ts'

/** Fewer values than a thread can make in the time that it takes to start. */
const few = 1 << 20

/** What `initialise` gives. */
export function initialiseAside(specs: readonly ParameterSpec[], seed: number): Promise<NamedArrays> {
  if (specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0) < few) return Promise.resolve(initialise(specs, seed))
  const made = new Promise<NamedArrays>((resolve, reject) => {
    const worker = startWorker('./initialise-worker.ts', import.meta.url, { specs, seed } satisfies InitialiseJob)
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  made.catch(() => undefined) // a failure is told to whoever waits for the values, not before
  return made
}
