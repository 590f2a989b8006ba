// The real launcher as a child process, in a place of its own: a tiny world and a folder of runs that are gone afterwards.
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, vi } from 'vitest'
import { fromRoot } from '../../src/base/files.ts'

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Started {
  readonly ended: Promise<Ended>
  readonly signal: (name: NodeJS.Signals) => void
}

export interface Surroundings {
  /** CAPTUNE_RUNS. */
  readonly runs: string
  /** The working directory; by default the checkout's root. */
  readonly cwd?: string
  /** The user that the process belongs to. */
  readonly uid?: number
}

const patience = 170_000 // ms; a machine that does ten other things is slow, a process that hangs is a failure
vi.setConfig({ testTimeout: 2 * patience, hookTimeout: patience })

/** Starts `captune ...args`. */
export function startCaptune(args: readonly string[], { runs, cwd = fromRoot('.'), uid }: Surroundings): Started {
  const child = spawn(fromRoot('captune'), args, {
    cwd,
    env: { ...process.env, CAPTUNE_RUNS: runs },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text))
  const deadline = setTimeout(() => child.kill('SIGKILL'), patience)
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(deadline)
      resolve({ code, ...output })
    })
  })
  return { ended, signal: (name) => child.kill(name) }
}

/** Runs `captune ...args` to its end. */
export function captune(args: readonly string[], around: Surroundings): Promise<Ended> {
  return startCaptune(args, around).ended
}

/** A folder that is removed after the file's tests; every user may enter it. */
export function temporaryPlace(): string {
  const place = mkdtempSync(join(tmpdir(), 'captune-e2e-'))
  chmodSync(place, 0o755)
  afterAll(() => rmSync(place, { recursive: true, force: true }))
  return place
}

/** The built-in world with 32 + 12 captioned images and 50 labelled ones, made by the launcher in `place/world`. */
export function tinyWorld(place: string): string {
  const root = join(place, 'world')
  const sizes = ['--train', '32', '--val', '12', '--per-class', '1']
  const { status, stderr } = spawnSync(fromRoot('captune'), ['data', 'shapes', '--root', root, ...sizes], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`no world: ${stderr}`)
  return root
}

/** Options that make a run of `configs/shapes` tiny: an epoch of eight steps unless `more` says otherwise. */
export function tiny(world: string, ...more: string[]): string[] {
  const sizes = ['train.epochs=1', 'train.images=4', 'train.warmup=1', 'evaluate.subset=6', 'decode.max_length=8']
  return [`data.root=${world}`, ...sizes, 'engine.threads=1', ...more]
}

export const config = (name: 'none' | 'lora' | 'adapter' | 'prefix') => fromRoot(`configs/shapes/${name}.yaml`)
