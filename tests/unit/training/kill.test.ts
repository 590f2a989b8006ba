import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fromRoot } from '../../../src/base/files.ts'
import { random } from '../../../src/base/random.ts'

const script = fromRoot('tests/fixtures/training/train-child.ts')
const kills = process.env['CAPTUNE_SOAK'] === undefined ? 4 : 80
let root = ''
beforeAll(() => (root = mkdtempSync(join(tmpdir(), 'kill-'))))
afterAll(() => rmSync(root, { recursive: true }))

/** Runs the child, killed `patience` milliseconds after its first step where that is given; the steps that it said. */
async function child(folder: string, patience?: number): Promise<{ steps: number[]; signal: string | null }> {
  const process_ = spawn(process.execPath, ['--import', 'tsx', script, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  process_.stdout.on('data', (data: Buffer) => (said += data.toString()))
  if (patience !== undefined) process_.stdout.once('data', () => void sleep(patience).then(() => process_.kill('SIGKILL')))
  const signal = await new Promise<string | null>((done) => process_.once('close', (_, by) => done(by)))
  return { steps: said.split('\n').filter(Boolean).map(Number), signal }
}

test(`a training killed ${kills} times at random moments and resumed equals the one that ran through, in every bit`, async () => {
  const [whole, cut] = [join(root, 'whole'), join(root, 'cut')]
  const { steps } = await child(whole)
  expect(steps.at(-1)).toBe(48)

  const chance = random(1, 'kills')
  const resumedAt: number[] = []
  for (let killed = 0; killed < kills;) {
    const run = await child(cut, chance.uniform() * 40)
    if (run.signal !== 'SIGKILL') break
    killed++
    resumedAt.push(run.steps[0]!)
  }
  await child(cut)
  expect(Math.max(...resumedAt)).toBeGreaterThan(1)
  for (const name of ['last.safetensors', 'best.safetensors'])
    expect(readFileSync(join(cut, name)).equals(readFileSync(join(whole, name)))).toBe(true)
  expect(readdirSync(cut).sort()).toEqual(['best.safetensors', 'last.safetensors']) // what a kill left half written is removed on resume
}, 300_000)
