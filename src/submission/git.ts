// What git knows of the checkout, asked as a child process; a checkout without git knows nothing.
import { spawnSync } from 'node:child_process'

/** The output of `git ...args` in `folder`; undefined where git is missing or refuses. */
export function git(folder: string, ...args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync('git', ['-C', folder, ...args], { encoding: 'utf8', maxBuffer: 2 ** 28 })
  return status === 0 ? stdout : undefined
}

/** Paths of all committed or staged files, relative to `folder`; undefined outside git. */
export function trackedFiles(folder: string): string[] | undefined {
  return git(folder, 'ls-files', '-z')?.split('\0').filter((path) => path !== '') // prettier-ignore
}
