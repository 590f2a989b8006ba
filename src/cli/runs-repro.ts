// `captune runs repro`: the state that made a run, as commands to copy or as a checkout that is ready.
import { relative, resolve } from 'node:path'
import { UserError } from '../base/errors.ts'
import { compareSurroundings, configText, prepare, reproductionOf, shellWord, type Reproduction } from '../recipes/repro.ts'
import { harmless } from '../tables/table.ts'
import { resolveRun } from '../tracking/resolve-run.ts'
import { reading } from './one-run.ts'

export interface ReproOptions {
  readonly to?: string
  readonly print?: 'diff' | 'config'
}

export async function reproduce(text: string, { to, print }: ReproOptions): Promise<void> {
  const reproduction = reading((reader) => reproductionOf(reader, resolveRun(reader, text)))
  if (print !== undefined) return void process.stdout.write(printed(reproduction, print))
  console.log(about(reproduction).map((line) => `# ${harmless(line)}`).join('\n')) // prettier-ignore
  if (to === undefined) console.log(byHand(reproduction).join('\n'))
  else prepared(reproduction, resolve(to))
  console.log((await surroundings(reproduction)).map((line) => `# ${harmless(line)}`).join('\n')) // prettier-ignore
}

function printed({ run, code, config }: Reproduction, what: 'diff' | 'config'): string {
  if (what === 'config') return configText(config)
  if (code === undefined) throw new UserError(`${run.id}: was made outside git, so that nothing is known of its code.`)
  return code.diff
}

function about({ run, code, environment }: Reproduction): string[] {
  const { kind, seed, state, started } = run
  const changed = code === undefined ? 0 : code.diff.split(/^diff --git /m).length - 1
  const words = JSON.parse(environment['process.arguments'] ?? '[]') as string[]
  const changes = changed === 0 ? 'nothing uncommitted' : `uncommitted changes in ${changed} ${changed === 1 ? 'file' : 'files'}`
  return [
    `${run.id}: ${kind}, seed ${seed}, ${state}${started === null ? '' : `, begun ${new Date(started).toISOString().slice(0, 16)}Z`}`,
    code === undefined ? 'code: made outside git, not known' : `code: commit ${code.commit}, ${changes}`,
    ...(code?.leftOut ?? []).map((path) => `not kept, because it is large and git did not have it: ${path}`),
    ...(words.length === 0 ? [] : [`begun by: captune ${words.map(shellWord).join(' ')}`]),
    `node ${environment['node.version'] ?? 'not known'}, ${environment['engine.chosen'] ?? 'engine not known'}`,
  ]
}

/** Paths with the run's id: nobody has such a folder yet. */
function byHand({ run, code, file, commands }: Reproduction): string[] {
  const folder = `../${run.id}`
  const print = (what: string) => `./captune runs repro ${run.id} --print ${what}`
  if (code === undefined) return [`${print('config')} > ${file}`, ...commands]
  return [
    `git worktree add --detach ${folder} ${code.commit}`,
    ...(code.diff === '' ? [] : [`${print('diff')} | git -C ${folder} apply --whitespace=nowarn -`]),
    `${print('config')} > ${folder}/${file}`,
    `cd ${folder} && npm ci`,
    ...commands,
    `# All up to npm ci at once: ./captune runs repro ${run.id} --to ${folder}`,
  ]
}

function prepared(reproduction: Reproduction, to: string): void {
  const elsewhere = prepare(reproduction, to)
  console.log(`# ${to} is ready. These paths stay in this checkout: ${elsewhere.length === 0 ? 'none' : elsewhere.join(', ')}.`)
  console.log([`cd ${shellWord(relative(process.cwd(), to) || '.')} && npm ci`, ...reproduction.commands].join('\n'))
}

async function surroundings(reproduction: Reproduction): Promise<string[]> {
  const { differences, same } = await compareSurroundings(reproduction)
  return [
    `The same here: ${same.length === 0 ? 'nothing that is known' : same.join(', ')}.`,
    ...differences.map(({ fact, then, here }) => `Another here: ${fact} was ${shortened(then)} and is ${shortened(here)}.`),
  ]
}

/** Hashes are told apart by their beginnings. */
const shortened = (text: string): string => text.replace(/\b[0-9a-f]{64}\b/g, (hash) => hash.slice(0, 12)).replace(/\.$/, '')
