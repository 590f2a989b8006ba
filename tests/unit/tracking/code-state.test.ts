import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { codeFacts, restoreCode } from '../../../src/tracking/code-state.ts'
import { temporaryFolder } from '../../fixtures/tracking/temporary.ts'

const hasGit = spawnSync('git', ['--version']).status === 0

function git(folder: string, ...args: string[]): string {
  const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.org', '-c', 'init.defaultBranch=main']
  const { status, stdout, stderr } = spawnSync('git', ['-C', folder, ...who, ...args], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return stdout
}

/** A repository with one commit and, on top of it, every kind of change. */
function changedCheckout(): string {
  const root = temporaryFolder()
  git(root, 'init', '--quiet')
  const write = (path: string, data: string | Buffer) => writeFileSync(join(root, path), data)
  write('kept.ts', 'one\n')
  write('changed.ts', 'one\ntwo\nthree\n')
  write('deleted.ts', 'gone\n')
  write('weights.bin', Buffer.from([0, 1, 2, 255]))
  write('.gitignore', 'runs/\n')
  git(root, 'add', '.')
  git(root, 'commit', '--quiet', '--message', 'first')
  write('changed.ts', 'one\n2\nthree') // no end of line
  rmSync(join(root, 'deleted.ts'))
  write('weights.bin', Buffer.from([0, 9, 9, 255, 0]))
  write('staged.ts', 'staged\n')
  git(root, 'add', 'staged.ts')
  mkdirSync(join(root, 'new [folder]'))
  write('new [folder]/ünew.ts', 'new\r\n')
  write('new [folder]/run.sh', '#!/bin/sh\n')
  chmodSync(join(root, 'new [folder]/run.sh'), 0o755)
  mkdirSync(join(root, 'runs'))
  write('runs/ignored', 'x')
  return root
}

const contentsOf = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter(
        (entry) => entry.isFile() && !/(^|\/)(\.git|runs)(\/|$)/.test(join(entry.parentPath, entry.name).slice(folder.length)),
      )
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length), readFileSync(path, 'latin1')]),
  )

describe.skipIf(!hasGit)('the code of a run (skipped without git)', () => {
  it('comes back from the commit and the changes, new and binary files among them', () => {
    const root = changedCheckout()
    const status = git(root, 'status', '--short')
    const { 'git.commit': commit, 'git.diff': diff, ...others } = codeFacts(root) as Record<string, string>
    expect(others).toEqual({})
    expect(git(root, 'status', '--short')).toBe(status) // nothing was staged on the way
    const to = join(temporaryFolder(), 'again')
    restoreCode(root, { commit: commit!, diff: diff! }, to)
    expect(contentsOf(to)).toEqual(contentsOf(root))
    expect(Object.keys(contentsOf(to))).toHaveLength(7)
    expect(git(to, 'rev-parse', 'HEAD').trim()).toBe(commit)
    git(root, 'worktree', 'remove', '--force', to)
  })

  it('names new files that are too large to be kept', () => {
    const root = changedCheckout()
    writeFileSync(join(root, 'dump.bin'), Buffer.alloc(300_000))
    const facts = codeFacts(root) as Record<string, string>
    expect(facts['git.left_out']).toBe('dump.bin')
    expect(facts['git.diff']).not.toContain('dump.bin')
  })

  it('is nothing outside git, and no changes where there are none', () => {
    expect(codeFacts(temporaryFolder())).toEqual({})
    const root = changedCheckout()
    git(root, 'add', '.')
    git(root, 'commit', '--quiet', '--message', 'second')
    expect(codeFacts(root)).toEqual({ 'git.commit': git(root, 'rev-parse', 'HEAD').trim(), 'git.diff': '' })
  })

  it('is not put where something is, nor where its commit is not known', () => {
    const root = changedCheckout()
    const commit = git(root, 'rev-parse', 'HEAD').trim()
    const there = temporaryFolder()
    const code = { commit, diff: '' }
    expect(() => restoreCode(root, code, there)).toThrow(
      `${there}: is there already; a folder that does not exist yet is needed.`,
    )
    const to = join(there, 'again')
    expect(() => restoreCode(there, code, to)).toThrow(`${there}: is no git checkout; a clone of the repository is needed`)
    expect(() => restoreCode(root, { commit: 'f'.repeat(40), diff: '' }, to)).toThrow(`${root}: has no commit ffff`)
    expect(() => restoreCode(root, { commit, diff: 'nonsense\n' }, to)).toThrow(/git apply refused: .*No valid patches/)
    expect(readdirSync(there)).toEqual([]) // nothing half done is left
  })
})
