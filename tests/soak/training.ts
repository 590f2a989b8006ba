// A long proof about training, for `npm run soak`: 2 000 steps of the demo's LoRA hold their memory.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromRoot } from '../../src/base/files.ts'
import { openReader } from '../../src/tracking/reader.ts'

const steps = 2_000
const warm = 200 // memory grows while the first steps and the first features are handled
const allowed = 20e6 // bytes

const runs = mkdtempSync(join(tmpdir(), 'captune-soak-'))
try {
  train()
  const memory = memoryOf().filter(({ step }) => step >= warm)
  const [first, last] = [median(memory.slice(0, 20)), median(memory.slice(-20))]
  const drift = last - first
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`
  console.log(`${memory.at(-1)!.step} steps: ${megabytes(first)} after ${warm}, ${megabytes(last)} at the end (${drift < allowed ? 'passed' : 'FAILED'})`) // prettier-ignore
  if (drift >= allowed) process.exitCode = 1
} finally {
  rmSync(runs, { recursive: true, force: true })
}

function train(): void {
  const stepsPerEpoch = 75 // of the built-in world
  const epochs = Math.ceil(steps / stepsPerEpoch)
  const options = [`train.epochs=${epochs}`, 'train.patience=0', `evaluate.every=${epochs}`, 'evaluate.subset=20']
  const args = [fromRoot('captune'), 'train', fromRoot('configs/shapes/lora.yaml'), ...options]
  const { status, stderr } = spawnSync(args[0]!, args.slice(1), { env: { ...process.env, CAPTUNE_RUNS: runs }, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
}

interface Memory {
  readonly step: number
  readonly bytes: number
}

/** What the run logged of its memory, about once a second. */
function memoryOf(): Memory[] {
  const reader = openReader(join(runs, 'runs.db'))
  try {
    const { steps, values } = reader.series(reader.runs({})[0]!.id, 'system/rss_bytes')
    return Array.from(steps, (step, i) => ({ step, bytes: values[i]! }))
  } finally {
    reader.close()
  }
}

function median(memory: readonly Memory[]): number {
  return memory.map(({ bytes }) => bytes).toSorted((a, b) => a - b)[memory.length >> 1]!
}
