// What can be recorded about a run, as plain data: a line of its journal, a message to the writer's thread and a change of the
// database are the same entry, so that the database can be rebuilt from the journals.

export type RunState = 'queued' | 'running' | 'finished' | 'failed' | 'stopped' | 'crashed'

/** How a process may end its own run; `crashed` is what others find out about it. */
export type FinalState = 'finished' | 'failed' | 'stopped'

export interface RunIdentity {
  /** Folder name and primary key: `<study>-<attempt>-s<seed>-<8 hex of the config hash>`. */
  readonly id: string
  readonly study: string
  readonly attempt: string
  /** `train`, `classify`, `decode`, ... */
  readonly kind: string
  readonly seed: number
  readonly config_hash: string
  /** The run whose checkpoint this one starts from. */
  readonly parent?: string | undefined
  /** A name for people; the id without it. */
  readonly name?: string | undefined
}

/** One image of an evaluation: its caption and that caption's own scores. */
export interface Sample {
  readonly image: string
  readonly caption: string
  readonly cider?: number | undefined
  readonly clipscore?: number | undefined
}

/** An image of a data set with its human captions. */
export interface ReferenceImage {
  readonly image: string
  readonly path: string
  readonly captions: readonly string[]
}

export interface Artifact {
  /** Relative to the run's folder. */
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}

export type ConfigValue = string | number | boolean | null | readonly unknown[]

export type LogLevel = 'info' | 'warning' | 'error'

/** Times (`at`) are milliseconds since 1970; that of `run` is when the run was first wanted. */
export type Entry =
  | ({ readonly entry: 'run'; readonly at: number } & RunIdentity)
  | {
      readonly entry: 'segment'
      readonly segment: number
      readonly from_step: number
      readonly host: string
      readonly pid: number
      /** When the process started, as its host tells it. */
      readonly pid_start?: string | undefined
      readonly at: number
    }
  | { readonly entry: 'metric'; readonly name: string; readonly step: number; readonly value: number; readonly at: number }
  | { readonly entry: 'samples'; readonly split: string; readonly step: number; readonly rows: readonly Sample[] }
  | { readonly entry: 'config'; readonly values: Readonly<Record<string, ConfigValue>> }
  | { readonly entry: 'environment'; readonly values: Readonly<Record<string, unknown>> }
  | { readonly entry: 'references'; readonly data: string; readonly images: readonly ReferenceImage[] }
  | ({ readonly entry: 'artifact' } & Artifact)
  | { readonly entry: 'log'; readonly level: LogLevel; readonly text: string; readonly at: number }
  | { readonly entry: 'note'; readonly text: string; readonly at: number }
  | { readonly entry: 'tag'; readonly tag: string; readonly on: boolean }
  | { readonly entry: 'name'; readonly name: string }
  | { readonly entry: 'hidden'; readonly on: boolean }
  | { readonly entry: 'baseline'; readonly on: boolean }
  | { readonly entry: 'end'; readonly state: FinalState | 'crashed'; readonly reason: string | null; readonly at: number }

/** A configuration tree as `peft.rank -> 16`; lists stay whole, absent values are left out. */
export function flattenConfig(tree: object, prefix = ''): Record<string, ConfigValue> {
  const flat: Record<string, ConfigValue> = {}
  for (const [key, value] of Object.entries(tree) as [string, unknown][]) {
    if (value === undefined) continue
    if (value !== null && typeof value === 'object' && !Array.isArray(value))
      Object.assign(flat, flattenConfig(value, `${prefix}${key}.`))
    else flat[prefix + key] = value as ConfigValue
  }
  return flat
}
