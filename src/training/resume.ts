// Where a training stands, in one file: trained tensors and AdamW's moments as tensors, the counters as metadata. Everything else that a
// step needs follows from the config and the counters, so a resumed training equals an uninterrupted one in every bit.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { shapeText } from '../base/nd-array.ts'
import { CheckpointError, readSafetensors, writeSafetensors } from '../checkpoint/safetensors.ts'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import type { State } from '../engine/engine.ts'

export interface Standing {
  /** Optimizer steps done. */
  readonly step: number
  /** The epoch under way, counted from 0. */
  readonly epoch: number
  /** Steps done of that epoch; all of them where only its evaluation is missing. */
  readonly position: number
  /** The highest score so far and the epoch that reached it. */
  readonly best?: { readonly score: number; readonly epoch: number }
  /** Epochs from the best score to the last evaluation. */
  readonly epochsWithoutImprovement: number
}

export const beginning: Standing = { step: 0, epoch: 0, position: 0, epochsWithoutImprovement: 0 }

const schema = '1'

/** What a training is of: the hash that decides whether it may be resumed, and facts that tell people why not. */
export interface TrainingIdentity {
  readonly configHash: string
  /** Written beside the tensors; absent from files of earlier versions. */
  readonly facts?: Readonly<Record<string, string>>
}

/** Writes `last.safetensors`, the whole file or nothing. */
export async function saveStanding(
  path: string,
  state: State,
  standing: Standing,
  { configHash, facts = {} }: TrainingIdentity,
): Promise<void> {
  const { step, epoch, position, best, epochsWithoutImprovement } = standing
  const metadata = {
    ...facts,
    schema,
    config_hash: configHash,
    step: String(step),
    epoch: String(epoch),
    position: String(position),
    epochs_without_improvement: String(epochsWithoutImprovement),
    ...(best === undefined ? {} : { best_score: String(best.score), best_epoch: String(best.epoch) }),
  }
  writeSafetensors(path, await state.read(), metadata)
}

/**
 * Puts the tensors of `last.safetensors` into `state` and gives the standing; `beginning` where the file does not exist. Removes the
 * checkpoints beside it that a killed process left half written. Throws UserError where the file belongs to another config or another
 * model, CheckpointError where it is damaged.
 */
export function resume(path: string, state: State, { configHash, facts = {} }: TrainingIdentity): Standing {
  removeTorn(dirname(path))
  if (!existsSync(path)) return beginning
  const file = readSafetensors(path)
  const { metadata } = file
  if (metadata['schema'] !== schema)
    throw new UserError(
      `${path}: the file has schema ${metadata['schema'] ?? 'none'}, this version of the program resumes schema ${schema}; remove the file to train from the beginning.`,
    )
  if (metadata['config_hash'] !== configHash)
    throw new UserError(
      `${path}: the file belongs to the config with hash ${metadata['config_hash'] ?? 'none'}, this run's config has hash ${configHash}${changed(metadata, facts)}; restore the config, or remove the file to train from the beginning.`,
    )
  const standing = standingOf(file)
  checkTensors(file, state)
  state.write(file.readAll())
  return standing
}

/** The facts that the file tells and that are others here. */
function changed(metadata: Checkpoint['metadata'], facts: Readonly<Record<string, string>>): string {
  const keys = Object.keys(facts).filter((key) => key in metadata && metadata[key] !== facts[key])
  return keys.length === 0 ? '' : ` (other: ${keys.join(', ')})`
}

function removeTorn(folder: string): void {
  if (!existsSync(folder)) return
  for (const name of readdirSync(folder)) if (/\.safetensors\..*\.tmp$/.test(name)) rmSync(join(folder, name), { force: true })
}

/** Optimizer steps done according to `last.safetensors`; 0 where there is no such file. */
export function stepsDone(path: string): number {
  return existsSync(path) ? standingOf(readSafetensors(path)).step : 0
}

function standingOf({ path, metadata }: Checkpoint): Standing {
  function number(key: string): number {
    const value = Number(metadata[key] ?? NaN)
    if (!Number.isFinite(value))
      throw new CheckpointError(
        `${path}: metadata \`${key}\` is ${metadata[key] ?? 'missing'}; a number is needed, so the file is damaged.`,
      )
    return value
  }
  return {
    step: number('step'),
    epoch: number('epoch'),
    position: number('position'),
    epochsWithoutImprovement: number('epochs_without_improvement'),
    ...('best_score' in metadata ? { best: { score: number('best_score'), epoch: number('best_epoch') } } : {}),
  }
}

function checkTensors(file: Checkpoint, state: State): void {
  const unexpected = file.names.find((name) => !Object.hasOwn(state.specs, name))
  if (unexpected !== undefined)
    throw new UserError(
      `${file.path}: \`${unexpected}\` is not trained by this model; remove the file to train from the beginning.`,
    )
  for (const [name, { shape }] of Object.entries(state.specs)) {
    if (!file.names.includes(name))
      throw new UserError(`${file.path}: \`${name}\` is missing; remove the file to train from the beginning.`)
    const found = shapeText(file.spec(name).shape)
    if (found !== shapeText(shape))
      throw new UserError(
        `${file.path}: \`${name}\` has shape ${found}, the model needs ${shapeText(shape)}; remove the file to train from the beginning.`,
      )
  }
}
