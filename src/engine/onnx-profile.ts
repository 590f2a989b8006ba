// onnxruntime's own profile of a session: a file of events, which it writes when the session's profiling ends.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { InferenceSession } from 'onnxruntime-node'
import { readJson } from '../base/files.ts'
import type { OperationTime, ProgramTimes } from './engine.ts'
import { placeSeparator } from './onnx-model.ts'

export interface Profile {
  /** Of the session to profile. */
  readonly options: InferenceSession.SessionOptions
  end(session: InferenceSession): Promise<ProgramTimes>
}

export function startProfile(): Profile {
  const folder = mkdtempSync(join(tmpdir(), 'captune-profile-'))
  return {
    options: { enableProfiling: true, profileFilePrefix: join(folder, 'times') },
    end(session) {
      session.endProfiling()
      try {
        const [file] = readdirSync(folder)
        return Promise.resolve(timesOf(readJson(join(folder, file!)) as ProfileEvent[]))
      } finally {
        rmSync(folder, { recursive: true })
      }
    },
  }
}

/** What is used of an event. Times are in microseconds. */
export interface ProfileEvent {
  readonly cat: string
  readonly name: string
  readonly ts: number
  readonly dur: number
  readonly args: {
    readonly op_name?: string
    /** Each an object of one entry, type to sides. */
    readonly input_type_shape?: readonly Shape[]
    readonly output_type_shape?: readonly Shape[]
  }
}

type Shape = Readonly<Record<string, readonly number[]>>

const warmUp = 2
const kernel = '_kernel_time'

/** The mean of the runs after the first two. */
export function timesOf(events: readonly ProfileEvent[]): ProgramTimes {
  const runs = events.filter(({ name }) => name === 'model_run').toSorted((a, b) => a.ts - b.ts).slice(warmUp) // prettier-ignore
  const from = runs[0]?.ts ?? Infinity
  const kernels = events.filter(({ cat, name, ts }) => cat === 'Node' && name.endsWith(kernel) && ts >= from)
  const operations = new Map<string, OperationTime>()
  for (const event of kernels) {
    const operation = describe(event)
    const key = JSON.stringify(Object.values(operation))
    const { count, milliseconds } = operations.get(key) ?? { count: 0, milliseconds: 0 }
    const more = event.dur / 1000 / runs.length
    operations.set(key, { ...operation, count: count + 1 / runs.length, milliseconds: milliseconds + more })
  }
  const run = runs.reduce((sum, { dur }) => sum + dur / 1000, 0) / runs.length
  return { runs: runs.length, run, operations: [...operations.values()] }
}

function describe({ name, args }: ProfileEvent): Pick<OperationTime, 'op' | 'shapes' | 'place'> {
  const shapes = (given: readonly Shape[] = []) => given.map((shape) => Object.values(shape)[0]!.join('x') || 'scalar').join(' ')
  return {
    op: args.op_name ?? 'unknown',
    shapes: `${shapes(args.input_type_shape)} -> ${shapes(args.output_type_shape)}`,
    place: name.slice(0, -kernel.length).split(placeSeparator).slice(0, -1), // a node that onnxruntime made has no place in the code
  }
}
