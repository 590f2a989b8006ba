// A run as others see it, whatever it does: claimed, on record, on an engine, and ended in a state that is true whatever happened.
import { InterruptedError, messageOf } from '../base/errors.ts'
import { writeAtomically } from '../base/files.ts'
import type { Report } from '../base/progress.ts'
import type { EngineConfig } from '../config/run-config.ts'
import { toYaml } from '../config/yaml-source.ts'
import type { Engine } from '../engine/engine.ts'
import type { RunIdentity } from '../tracking/entries.ts'
import { environmentFacts } from '../tracking/environment.ts'
import { openRunWriter, type RunWriter } from '../tracking/writer.ts'
import type { Identity } from './identity.ts'
import { databasePath, runFolder } from './places.ts'
import { configFile } from './run-folder.ts'
import { withEngine } from './with-engine.ts'

export interface RecordedRun {
  /** Its `config_hash` is the identity's. */
  readonly run: Omit<RunIdentity, 'config_hash'>
  readonly config: { readonly engine: EngineConfig }
  readonly identity: Identity
  /** The last step that is kept of what an earlier process logged; without it the run starts over. */
  readonly resumeFrom?: number | undefined
  /** What is known of the run beforehand, beside its data and weights. */
  readonly facts?: Readonly<Record<string, unknown>>
}

export interface RunSurroundings {
  readonly report: Report
  readonly signal: AbortSignal
  /** The most threads that this process may use; its share where several run at once. */
  readonly threads?: number | undefined
}

/** What a run's work is done with. */
export interface RunMeans {
  readonly engine: Engine
  /** The run's folder. */
  readonly folder: string
  /** The run's hash, data and weights. */
  readonly identity: Identity
  readonly writer: RunWriter
  readonly report: Report
  /** Aborted by the user, or by the dashboard through the database. */
  readonly signal: AbortSignal
}

/** Does a run's work on its engine. A failure is recorded before it is thrown on. */
export async function recordRun(
  recorded: RecordedRun,
  around: RunSurroundings,
  work: (means: RunMeans) => Promise<void>,
): Promise<void> {
  const { run, config, identity, resumeFrom } = recorded
  const folder = runFolder(run.id)
  const writer = await openRunWriter({
    database: databasePath(),
    folder,
    run: { ...run, config_hash: identity.hash },
    resumeFrom,
  })
  try {
    writeAtomically(configFile(folder), toYaml(config))
    writer.config(config)
    await workOnEngine(recorded, { folder, writer }, around, work)
  } catch (error) {
    await writer.finish(error instanceof InterruptedError ? 'stopped' : 'failed', messageOf(error)).catch(() => undefined) // the first error is the one to tell
    throw error
  }
  await writer.finish('finished')
}

async function workOnEngine(
  { config, identity, facts }: RecordedRun,
  { folder, writer }: { folder: string; writer: RunWriter },
  { report, signal, threads }: RunSurroundings,
  work: (means: RunMeans) => Promise<void>,
): Promise<void> {
  const wish = { ...config.engine, threads: threadsFor(config.engine.threads, threads) }
  await withEngine(wish, async (engine, refused) => {
    writer.environment({
      ...environmentFacts(),
      'engine.chosen': engine.description,
      'engine.refused': refused.map(({ name, reason }) => `${name}: ${reason}`),
      'data.fingerprint': identity.contents.data,
      ...identity.contents.weights,
      ...facts,
    })
    writer.log('info', `engine: ${engine.description}`)
    await work({ engine, folder, identity, writer, report, signal: stopSignal(writer, signal) })
  })
}

/** The config's threads (0: all of the machine's), but no more than this process's share. */
function threadsFor(wished: number, share: number | undefined): number {
  if (share === undefined) return wished
  return wished === 0 ? share : Math.min(wished, share)
}

function stopSignal(writer: RunWriter, signal: AbortSignal): AbortSignal {
  const requested = new AbortController()
  const watch = setInterval(() => {
    if (writer.stopRequested()) requested.abort()
  }, 1000)
  watch.unref()
  return AbortSignal.any([signal, requested.signal])
}
