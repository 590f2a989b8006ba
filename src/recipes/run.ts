// A training run as others see it: claimed, on record, and ended in a state that is true whatever happened.
import { existsSync } from 'node:fs'
import { InterruptedError, messageOf } from '../base/errors.ts'
import { writeAtomically } from '../base/files.ts'
import type { Report } from '../base/progress.ts'
import { sizeOf } from '../base/nd-array.ts'
import { toYaml } from '../config/yaml-source.ts'
import type { RunConfig } from '../config/run-config.ts'
import { environmentFacts } from '../tracking/environment.ts'
import { openRunWriter, type RunWriter } from '../tracking/writer.ts'
import { stepsDone } from '../training/resume.ts'
import type { Identity } from './identity.ts'
import { databasePath, runFolder } from './places.ts'
import { checkpoints, configFile } from './run-folder.ts'
import { openTask, type Task } from './task.ts'
import { train } from './train.ts'
import { withEngine } from './with-engine.ts'

export interface RunRequest {
  readonly id: string
  readonly study: string
  readonly attempt: string
  readonly config: RunConfig
  readonly identity: Identity
}

export interface RunSurroundings {
  readonly report: Report
  readonly signal: AbortSignal
  /** The most threads that this process may use; its share where several run at once. */
  readonly threads?: number | undefined
}

/** Executes or continues a training run. Its failure is recorded before it is thrown on. */
export async function executeRun({ id, study, attempt, config, identity }: RunRequest, around: RunSurroundings): Promise<void> {
  const task = openTask(config)
  const folder = runFolder(id)
  const { last } = checkpoints(folder)
  const writer = await openRunWriter({
    database: databasePath(),
    folder,
    run: { id, study, attempt, kind: 'train', seed: config.seed, config_hash: identity.hash, name: config.name },
    ...(existsSync(last) ? { resumeFrom: stepsDone(last) } : {}),
  })
  try {
    writeAtomically(configFile(folder), toYaml(config))
    writer.config(config)
    await trainOn(task, { folder, identity, writer }, around)
  } catch (error) {
    await writer.finish(error instanceof InterruptedError ? 'stopped' : 'failed', messageOf(error)).catch(() => undefined) // the first error is the one to tell
    throw error
  }
  await writer.finish('finished')
}

async function trainOn(
  task: Task,
  { folder, identity, writer }: { folder: string; identity: Identity; writer: RunWriter },
  { report, signal, threads }: RunSurroundings,
): Promise<void> {
  const { config } = task
  const wish = { ...config.engine, threads: threadsFor(config.engine.threads, threads) }
  await withEngine(wish, async (engine, refused) => {
    writer.environment({
      ...environmentFacts(),
      'engine.chosen': engine.description,
      'engine.refused': refused.map(({ name, reason }) => `${name}: ${reason}`),
      'data.fingerprint': identity.contents.data,
      ...identity.contents.weights,
      'model.trained': task.trained,
      'model.total': task.trained + frozenCount(task),
    })
    writer.log('info', `engine: ${engine.description}`)
    await train(task, { engine, folder, identity, writer, report, signal: stopSignal(writer, signal) })
  })
}

/** The config's threads (0: all of the machine's), but no more than this process's share. */
function threadsFor(wished: number, share: number | undefined): number {
  if (share === undefined) return wished
  return wished === 0 ? share : Math.min(wished, share)
}

/** Aborted by the user, or by the dashboard through the database. */
function stopSignal(writer: RunWriter, signal: AbortSignal): AbortSignal {
  const requested = new AbortController()
  const watch = setInterval(() => {
    if (writer.stopRequested()) requested.abort()
  }, 1000)
  watch.unref()
  return AbortSignal.any([signal, requested.signal])
}

/** Weights of the decoder and of the image tower that a run uses and does not train. */
function frozenCount({ decoder, encoder }: Task): number {
  const visual = Object.entries(encoder.weights).filter(([name]) => name.startsWith('visual.'))
  return [...Object.values(decoder.weights), ...visual.map(([, array]) => array)].reduce(
    (sum, { shape }) => sum + sizeOf(shape),
    0,
  )
}
