// A long proof about int8, for `npm run soak`: over 200 steps on the built-in world, the loss of each method stays within 1 % of fp32's
// (means of ten steps). Cross-attention is made so wide that its trained products are worth rounding, too; the learning rate suits that
// width: at the configurations' own, half a per cent more of it moves fp32's own loss by 4 %.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromRoot } from '../../src/base/files.ts'
import { openReader } from '../../src/tracking/reader.ts'

const methods = ['none', 'lora', 'adapter', 'prefix'] as const
const steps = 200
const epochs = 3 // of 75 steps
const allowed = 0.01

const runs = mkdtempSync(join(tmpdir(), 'captune-soak-int8-'))
try {
  for (const method of methods) {
    const [exact, rounded] = [losses(method, 'fp32'), losses(method, 'int8')]
    const apart = Math.max(...tens(rounded).map((loss, i) => Math.abs(loss / tens(exact)[i]! - 1)))
    const verdict = apart < allowed ? 'passed' : 'FAILED'
    console.log(`${method}: int8 within ${(100 * apart).toFixed(2)} % of fp32 over ${steps} steps (${verdict})`)
    if (apart >= allowed) process.exitCode = 1
  }
} finally {
  rmSync(runs, { recursive: true, force: true })
}

/** The loss of each step. */
function losses(method: string, precision: string): number[] {
  const options = [`train.epochs=${epochs}`, 'train.patience=0', `evaluate.every=${epochs}`, 'evaluate.subset=20']
  const given = [
    'cross_attention.width=512',
    'train.lr=7e-4',
    `engine.precision=${precision}`,
    `name=${method}-${precision}`,
    ...options,
  ]
  const args = ['train', fromRoot(`configs/shapes/${method}.yaml`), ...given]
  const { status, stderr } = spawnSync(fromRoot('captune'), args, {
    env: { ...process.env, CAPTUNE_RUNS: runs },
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
  const reader = openReader(join(runs, 'runs.db'))
  try {
    const run = reader.runs({}).find(({ name }) => name === `${method}-${precision}`)!
    return [...reader.series(run.id, 'train/loss').values].slice(0, steps)
  } finally {
    reader.close()
  }
}

/** The mean of each ten steps in a row. */
function tens(values: readonly number[]): number[] {
  return Array.from({ length: values.length - 9 }, (_, i) => values.slice(i, i + 10).reduce((sum, value) => sum + value) / 10)
}
