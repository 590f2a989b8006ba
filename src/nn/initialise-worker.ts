// The thread of initialise-aside.ts.
import { parentPort, workerData } from 'node:worker_threads'
import { initialise } from './initialise.ts'
import type { ParameterSpec } from './scope.ts'

export interface InitialiseJob {
  readonly specs: readonly ParameterSpec[]
  readonly seed: number
}

if (parentPort !== null) {
  const { specs, seed } = workerData as InitialiseJob
  const values = initialise(specs, seed)
  parentPort.postMessage(
    values,
    Object.values(values).map(({ data }) => data.buffer as ArrayBuffer),
  )
}
