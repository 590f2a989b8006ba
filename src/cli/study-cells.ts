// The cells of a study, ready to be executed: bad input is told here, before anything is begun, and each cell knows its identity and the
// command line of its process.
import { cells, type Study, type StudyOf } from '../config/cells.ts'
import type { ClassifyConfig } from '../config/classify-config.ts'
import type { RunConfig } from '../config/run-config.ts'
import type { EncodeOptions } from '../recipes/encode.ts'
import { classificationIdentity, decodingIdentity, identityOf, type Identity } from '../recipes/identity.ts'
import { classificationFiles, requireFiles, runFiles, type NeededFile } from '../recipes/needed-files.ts'
import { runFolder } from '../recipes/places.ts'
import { configFile } from '../recipes/run-folder.ts'
import { openTask } from '../recipes/task.ts'
import { checkWeights, classificationWeights, weightsOf, type WeightsFile } from '../recipes/weights.ts'
import { provideData } from '../recipes/world.ts'
import { runIdOf, type Cell } from '../runner/cells.ts'

export interface ReadyCell {
  readonly cell: Cell
  readonly config: object
}

/** Where work is prepared: what it says on its way, and what the user should know although nothing stops for it. */
export type Preparation = EncodeOptions & { readonly warn: (sentences: readonly string[]) => void }

/** What a kind of study does with a cell's configuration. */
interface Work<Config> {
  readonly files: (config: Config) => NeededFile[]
  readonly weights: (config: Config) => WeightsFile[]
  /** Throws UserError where the files do not fit together. */
  readonly check?: (config: Config) => unknown
  readonly identity: (config: Config) => Promise<Identity>
  /** What the cell's process is told; `folder` is the run's. */
  readonly command: (config: Config, folder: string) => readonly string[]
}

/** The cells of a study of any kind. Makes the built-in world where it is needed. UserError where files are missing or do not fit. */
export function readyCells(study: Study, around: Preparation): Promise<ReadyCell[]> {
  switch (study.kind) {
    case 'train':
      return prepared(study, training, around)
    case 'classify':
      return prepared(study, classifying, around)
    case 'decode':
      return prepared(study, decodingOf(study.parent), around)
  }
}

const training: Work<RunConfig> = {
  files: runFiles,
  weights: weightsOf,
  check: openTask,
  identity: identityOf,
  command: (_, folder) => ['train', configFile(folder)],
}

const classifying: Work<ClassifyConfig> = {
  files: classificationFiles,
  weights: classificationWeights,
  identity: classificationIdentity,
  command: (_, folder) => ['classify', configFile(folder)],
}

function decodingOf(parent: string): Work<RunConfig> {
  return {
    files: runFiles,
    weights: weightsOf,
    check: openTask,
    identity: (config) => decodingIdentity(config, runFolder(parent)),
    command: ({ decode, engine }) => ['decode', parent, `decode=${JSON.stringify(decode)}`, `engine=${JSON.stringify(engine)}`],
  }
}

async function prepared<Config extends RunConfig | ClassifyConfig>(
  study: StudyOf<Config> & { readonly kind: Study['kind'] },
  { files, weights, check, identity, command }: Work<Config>,
  around: Preparation,
): Promise<ReadyCell[]> {
  const wanted = cells(study)
  requireFiles(wanted.flatMap(({ config }) => files(config)))
  for (const { config } of wanted) {
    await provideData(config, around)
    check?.(config)
  }
  around.warn(await checkWeights(wanted.flatMap(({ config }) => weights(config))))
  const { name, kind } = study
  return Promise.all(
    wanted.map(async ({ attempt, seed, config }) => {
      const { hash } = await identity(config)
      const runId = runIdOf({ study: name, attempt, seed, hash })
      const words = [...command(config, runFolder(runId)), '--study', name, '--attempt', attempt]
      return { cell: { study: name, attempt, seed, kind, hash, runId, arguments: words }, config }
    }),
  )
}
