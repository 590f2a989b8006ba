// How a run on record is made again: its code, its configuration, the commands, and what is not here as it was there.
import { existsSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { messageOf, UserError } from '../base/errors.ts'
import { fromRoot, packageRoot, writeAtomically } from '../base/files.ts'
import type { ClassifyConfig } from '../config/classify-config.ts'
import { classifyKind, runKind, type ConfigKind } from '../config/kinds.ts'
import { resolveConfig } from '../config/load.ts'
import { throwProblems, type Problem } from '../config/problems.ts'
import type { RunConfig } from '../config/run-config.ts'
import { optionsOf } from '../config/schema.ts'
import { toYaml } from '../config/yaml-source.ts'
import { restoreCode } from '../tracking/code-state.ts'
import type { ConfigValue } from '../tracking/entries.ts'
import type { Reader } from '../tracking/reader.ts'
import type { RunRow } from '../tracking/run-state.ts'
import { classificationIdentity, identityOf } from './identity.ts'
import { withEngine } from './with-engine.ts'
import { isProvided } from './world.ts'

type Config = Readonly<Record<string, ConfigValue>>

export interface Reproduction {
  readonly run: RunRow
  /** Undefined where the run was made outside git. `leftOut`: new files that were too large to be kept. */
  readonly code: { readonly commit: string; readonly diff: string; readonly leftOut: readonly string[] } | undefined
  /** The file of the configuration, to stand in the checkout's root; and its options. */
  readonly file: string
  readonly config: Config
  /** In the checkout's root, each a line of a shell. */
  readonly commands: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

/** How `run` is made again. UserError where it holds what another program made. */
export function reproductionOf(reader: Reader, run: RunRow): Reproduction {
  if (run.kind === 'external')
    throw new UserError(`${run.id}: holds another program's predictions; \`captune runs add\` scores such a file again.`)
  const environment = reader.environment(run.id)
  const { 'git.commit': commit, 'git.diff': diff = '', 'git.left_out': leftOut } = environment
  const parent = run.parent === null ? undefined : reader.run(run.parent)
  const made = parent ?? run // decoding needs what was trained first
  const file = `${made.id}.yaml`
  const command = made.kind === 'classify' ? 'classify' : 'train'
  return {
    run,
    code: commit === undefined ? undefined : { commit, diff, leftOut: leftOut?.split('\n') ?? [] },
    file,
    config: inOrder(made, reader.config(made.id)),
    commands: [
      `./captune ${command} ${shellWord(file)} ${placeOf(made)}`,
      ...(parent === undefined ? [] : [decodeCommand(run, parent, reader)]),
    ],
    environment,
  }
}

const placeOf = ({ study, attempt }: RunRow): string => `--study ${shellWord(study)} --attempt ${shellWord(attempt)}`

function decodeCommand(run: RunRow, parent: RunRow, reader: Reader): string {
  const [now, before] = [reader.config(run.id), reader.config(parent.id)]
  const isOther = (key: string) => key.startsWith('decode.') && JSON.stringify(now[key]) !== JSON.stringify(before[key])
  const changes = Object.keys(now).filter(isOther).map((key) => shellWord(`${key}=${JSON.stringify(now[key])}`)) // prettier-ignore
  return ['./captune decode', shellWord(`${parent.study}/${parent.attempt}`), ...changes, placeOf(run)].join(' ')
}

/** As a file that somebody writes: in the schema's order, what it no longer knows at the end. */
function inOrder(run: RunRow, config: Config): Config {
  const known = [...new Set(optionsOf(kindOf(run).schema()).map(({ key }) => key))].filter((key) => Object.hasOwn(config, key))
  return { ...Object.fromEntries(known.map((key) => [key, config[key]!])), ...config }
}

/** A word that a shell reads as it stands. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/** The configuration as the file that the commands name. */
export function configText(config: Config): string {
  return toYaml(nested(config))
}

/** `{'peft.rank': 8}` -> `{peft: {rank: 8}}`. */
function nested(flat: Config): object {
  const tree: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(flat)) {
    const names = key.split('.')
    const last = names.pop()!
    let section = tree
    for (const name of names) section = (section[name] ??= {}) as Record<string, unknown>
    section[last] = value
  }
  return tree
}

/** Makes the checkout in the folder `to`, the configuration in it; returns the paths that stay with this checkout, because git has no such file. */
export function prepare({ run, code, file, config }: Reproduction, to: string): string[] {
  if (code === undefined)
    throw new UserError(`${run.id}: was made outside git, so that its code is not known; without --to its config is printed.`)
  restoreCode(packageRoot, code, to)
  const ownPaths = optionsOf(kindOf(run).schema()).filter(({ schema }) => schema.format === 'path').map(({ key }) => key) // prettier-ignore
  const stays = (path: ConfigValue | undefined): path is string =>
    typeof path === 'string' && path !== '' && !isAbsolute(path) && !isProvided(path) && !existsSync(join(to, path)) && existsSync(fromRoot(path)) // prettier-ignore
  const elsewhere = ownPaths.filter((key) => stays(config[key]))
  const moved = Object.fromEntries(elsewhere.map((key) => [key, fromRoot(config[key] as string)]))
  writeAtomically(join(to, file), configText({ ...config, ...moved }))
  return elsewhere.map((key) => config[key] as string)
}

const kindOf = ({ kind }: RunRow): ConfigKind<never> => (kind === 'classify' ? classifyKind : runKind)

/** A fact of the run that is another here. */
export interface Difference {
  readonly fact: string
  readonly then: string
  readonly here: string
}

export interface Surroundings {
  readonly differences: readonly Difference[]
  /** The facts that are the same. */
  readonly same: readonly string[]
}

/** Node, engine, data and weights as they were and as they are here. Reads the files' hashes and loads the engine. */
export async function compareSurroundings({ run, config, environment }: Reproduction): Promise<Surroundings> {
  const here = new Map<string, string>([
    ['node.version', process.version],
    ...(await told('engine.chosen', () => engineHere(run, config))),
    ...(await told('data.fingerprint', () => contentsHere(run, config))),
  ])
  const facts = Object.keys(environment).filter((fact) => here.has(fact))
  const differences = facts.flatMap((fact): Difference[] => {
    const [then, now] = [environment[fact]!, here.get(fact)!]
    return then === now ? [] : [{ fact, then, here: now }]
  })
  const others = new Set(differences.map(({ fact }) => fact))
  return { differences, same: facts.filter((fact) => !others.has(fact)) }
}

/** What is missing here is told in place of the fact. */
async function told(fact: string, find: () => Promise<[string, string][]>): Promise<[string, string][]> {
  try {
    return await find()
  } catch (error) {
    if (error instanceof UserError) return [[fact, messageOf(error)]]
    throw error
  }
}

function checked<C extends object>(kind: ConfigKind<C>, config: Config): C {
  const problems: Problem[] = []
  const loaded = resolveConfig(kind, { value: nested(config), places: new Map() }, problems)
  throwProblems(problems)
  return loaded!.config
}

const readConfig = ({ kind }: RunRow, config: Config): RunConfig | ClassifyConfig =>
  kind === 'classify' ? checked(classifyKind, config) : checked(runKind, config)

async function engineHere(run: RunRow, config: Config): Promise<[string, string][]> {
  return withEngine(readConfig(run, config).engine, ({ description }) => Promise.resolve([['engine.chosen', description]]))
}

async function contentsHere(run: RunRow, config: Config): Promise<[string, string][]> {
  const read = readConfig(run, config)
  const { contents } = await ('clip' in read ? classificationIdentity(read) : identityOf(read))
  return [['data.fingerprint', contents.data], ...Object.entries(contents.weights)]
}
