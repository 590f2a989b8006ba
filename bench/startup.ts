// How long somebody waits who starts the program: for its help, and at full size for the first step of a training whose features are there.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fromRoot } from '../src/base/files.ts'
import { loadRunConfig } from '../src/config/load.ts'
import { course } from '../src/sources/course.ts'
import { partsOf, writeCaptioner, writeClip } from './grading-files.ts'
import { roomFor } from './machine.ts'
import type { Part } from './part.ts'
import { ownRow, type Row, type Skipped } from './rows.ts'
import { writeFeatures, writeSplit } from './startup-files.ts'

export const startup: Part = {
  name: 'startup',
  about: 'the wait for `--help`, and for the first train step at full size with cached features of the whole course',
  async measure({ quick, report }) {
    report('startup')
    const help = ownRow(startup.name, '--help', Array.from({ length: quick ? 3 : 10 }, helpTime))
    return quick ? [help] : [help, ...(await firstSteps(report))]
  },
}

function helpTime(): number {
  const began = performance.now()
  spawnSync(fromRoot('captune'), ['--help'])
  return performance.now() - began
}

async function firstSteps(report: (what: string) => void): Promise<(Row | Skipped)[]> {
  const what = 'first train step, GPT-2 small and ViT-B/32'
  const data = process.env['CAPTUNE_TEST_DATA'] ?? ''
  const [photographs, vocabulary] = [join(data, 'coco-mini/images'), join(data, 'vocabulary')]
  const skip = (skipped: string) => [{ part: startup.name, what, skipped }]
  if (![photographs, vocabulary].every((folder) => existsSync(folder)))
    return skip('CAPTUNE_TEST_DATA names no folder with coco-mini/images and vocabulary')
  const noRoom = roomFor(6)
  if (noRoom !== undefined) return skip(noRoom)
  const folder = mkdtempSync(join(tmpdir(), 'captune-bench-'))
  try {
    const material = { folder, vocabulary }
    report(`startup: files of ${what}`)
    const [root, runs] = [join(folder, 'data'), join(folder, 'runs')]
    writeSplit(root, 'train', course.train, photographs)
    writeSplit(root, 'val', course.val, photographs)
    writeClip('ViT-B/32', material)
    writeCaptioner('ViT-B/32', material)
    const config = fromRoot('configs/b32/lora.yaml')
    const overrides = [`data.root=${root}`, ...partsOf(material)]
    process.env['CAPTUNE_RUNS'] = runs
    mkdirSync(runs)
    await writeFeatures(loadRunConfig(config, overrides).config)
    const times: number[] = []
    for (let seed = 0; seed <= 5; seed++) {
      report(`startup: ${what}, ${seed === 0 ? 'which reads every file' : `${seed} of 5`}`)
      times.push(await firstStep(runs, ['train', config, ...overrides, `seed=${seed}`]))
    }
    const [first, ...later] = times
    return [
      ownRow(startup.name, `${what}: the first run, which reads every file`, [first!]),
      ownRow(startup.name, `${what}: any later run; at most 5 s`, later),
    ]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Milliseconds until the first step's loss is in the journal of a run that is then killed. */
async function firstStep(runs: string, given: readonly string[]): Promise<number> {
  const before = new Set(readdirSync(runs))
  const began = performance.now()
  const child = spawn(fromRoot('captune'), given, { stdio: ['ignore', 'ignore', 'pipe'] })
  const complaints = complaintsOf(child)
  const ended = new Promise((resolve) => child.once('close', resolve))
  while (!readdirSync(runs).some((name) => !before.has(name) && hasStepped(join(runs, name)))) {
    if (child.exitCode !== null) throw new Error(`the run ended before its first step: ${complaints()}`)
    await pause(5)
  }
  const time = performance.now() - began
  child.kill('SIGKILL')
  await ended
  return time
}

function hasStepped(folder: string): boolean {
  const journal = join(folder, 'journal.jsonl')
  return existsSync(journal) && readFileSync(journal, 'utf8').includes('\n{"entry":"metric"')
}

function complaintsOf(child: ChildProcess): () => string {
  let text = ''
  child.stderr!.setEncoding('utf8').on('data', (chunk: string) => (text = (text + chunk).slice(-4000)))
  return () => text
}
