// A disk that can be full: a piece of memory mounted as a file system, where the system lets this process do so.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Whether disks can be mounted: on Linux, as root, outside most containers. */
export function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  const folder = mkdtempSync(join(tmpdir(), 'captune-mount-'))
  const mounted = run('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder)
  if (mounted) unmount(folder)
  rmdirSync(folder)
  return mounted
}

/** Mounts an empty disk of `size` ("1500k") at an empty folder. */
export function mount(folder: string, size: string): void {
  if (!run('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder)) throw new Error(`no disk at ${folder}`)
}

/** Gives a mounted disk another size; what lies on it stays. */
export function resize(folder: string, size: string): void {
  if (!run('mount', '-o', `remount,size=${size}`, folder)) throw new Error(`no other size for ${folder}`)
}

export function unmount(folder: string): void {
  run('umount', folder)
}

function run(command: string, ...args: string[]): boolean {
  return spawnSync(command, args).status === 0
}
