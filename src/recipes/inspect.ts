// What is in a weights file, whatever its format: its entries, the model that they are of, and how they differ from that model.
import { messageOf, UserError } from '../base/errors.ts'
import { sizeOf } from '../base/nd-array.ts'
import type { CheckpointFormat, EntrySpec } from '../checkpoint/checkpoint.ts'
import { openCheckpoint } from '../checkpoint/open.ts'
import { recognise } from '../models/pretrained.ts'
import type { Recognised } from '../models/pretrained.ts'

export interface Inspection {
  readonly path: string
  readonly format: CheckpointFormat
  readonly metadata: Readonly<Record<string, string>>
  readonly entries: readonly ({ readonly name: string } & EntrySpec)[]
  /** Numbers in all entries, tied ones counted once. */
  readonly values: number
  /** The model, or null where the entries are of none that is known. */
  readonly model: Recognised | null
  /** Why a model that was recognised cannot be sized. */
  readonly problem: string | null
}

/** Reads what describes the tensors of a file and none of their values. Throws CheckpointError where the file cannot be used at all. */
export function inspect(path: string): Inspection {
  const file = openCheckpoint(path)
  const entries = file.names.map((name) => ({ name, ...file.spec(name) }))
  const values = entries.reduce((sum, { shape, tied }) => (tied === undefined ? sum + sizeOf(shape) : sum), 0)
  const described = { path, format: file.format, metadata: file.metadata, entries, values }
  try {
    return { ...described, model: recognise(file) ?? null, problem: null }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return { ...described, model: null, problem: messageOf(error) }
  }
}
