// The code that a run was made by: told as a commit and the changes that were not committed, and put back from them.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { UserError } from '../base/errors.ts'

/** What is kept of a run's code, as facts of its environment. */
export interface CodeFacts {
  readonly 'git.commit': string
  /** As `git apply` reads it; new files are in it, ignored ones are not. */
  readonly 'git.diff': string
  /** New files that are too large for that, one a line. */
  readonly 'git.left_out'?: string
}

const largest = 256_000 // bytes of a new file that is kept with the changes
const most = 4_000_000 // bytes of all of them

/** Commit and uncommitted changes of the checkout at `root`; nothing where git or the repository is missing. */
export function codeFacts(root: string): CodeFacts | Record<string, never> {
  const commit = git(root, ['rev-parse', 'HEAD'])?.trim()
  if (commit === undefined) return {}
  const untracked = (git(root, ['ls-files', '--others', '--exclude-standard', '-z']) ?? '')
    .split('\0')
    .filter((path) => path !== '')
  const leftOut: string[] = []
  const kept: string[] = []
  let room = most
  for (const path of untracked) {
    const size = statSync(join(root, path), { throwIfNoEntry: false })?.size ?? Infinity
    const fits = size <= Math.min(largest, room)
    if (fits) room -= size
    ;(fits ? kept : leftOut).push(path)
  }
  return {
    'git.commit': commit,
    'git.diff': changesOf(root, kept),
    ...(leftOut.length === 0 ? {} : { 'git.left_out': leftOut.join('\n') }),
  }
}

/** The difference to the commit, with new files: those are announced in a copy of the index, so that the checkout's own stays as it is. */
function changesOf(root: string, added: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'captune-index-'))
  try {
    const index = join(folder, 'index')
    const own = resolve(root, git(root, ['rev-parse', '--git-path', 'index'])?.trim() ?? '')
    if (existsSync(own)) copyFileSync(own, index)
    const around = { env: { ...process.env, GIT_INDEX_FILE: index } }
    if (added.length > 0) git(root, ['add', '--intent-to-add', '--', ...added.map((path) => `:(literal)${path}`)], around)
    return git(root, ['diff', 'HEAD', '--binary', '--no-ext-diff', '--no-color'], around) ?? ''
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/**
 * Makes the folder `to` a checkout (a git worktree of `root`) of the commit with the changes. UserError where the folder is there, the
 * commit is not, or the changes do not fit it.
 */
export function restoreCode(
  root: string,
  { commit, diff }: { readonly commit: string; readonly diff: string },
  to: string,
): void {
  if (existsSync(to)) throw new UserError(`${to}: is there already; a folder that does not exist yet is needed.`)
  if (git(root, ['rev-parse', '--git-dir']) === undefined)
    throw new UserError(`${root}: is no git checkout; a clone of the repository is needed to bring commit ${commit} back.`)
  if (git(root, ['cat-file', '-e', `${commit}^{commit}`]) === undefined)
    throw new UserError(`${root}: has no commit ${commit}; fetch it, then run the same command again.`)
  demand(root, ['worktree', 'add', '--detach', to, commit])
  try {
    if (diff !== '') demand(to, ['apply', '--whitespace=nowarn', '-'], diff)
  } catch (error) {
    git(root, ['worktree', 'remove', '--force', to])
    throw error
  }
}

function demand(folder: string, args: readonly string[], input = ''): void {
  const { status, stderr } = spawnSync('git', ['-C', folder, ...args], { encoding: 'utf8', input })
  if (status !== 0) throw new UserError(`${folder}: git ${args[0]} refused: ${stderr.trim()}.`)
}

function git(folder: string, args: readonly string[], around: { readonly env?: NodeJS.ProcessEnv } = {}): string | undefined {
  const { status, stdout } = spawnSync('git', ['-C', folder, ...args], { encoding: 'utf8', maxBuffer: 1 << 28, ...around })
  return status === 0 ? stdout : undefined
}
