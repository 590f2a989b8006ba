// How long a grader waits: the recipes of hw3_1.sh and hw3_2.sh from photographs to the written file, on weights that nobody trained, each
// by a process of its own on a sample. The time of all images follows from the rate at which the sample's went through each phase.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gradedImages } from '../src/submission/grading-limits.ts'
import { captionsRequest, classesRequest, linkPhotographs, writeCaptioner, writeClip } from './grading-files.ts'
import type { GradingTask, GradingTimes } from './grading-run.ts'
import { roomFor } from './machine.ts'
import type { Part } from './part.ts'
import type { Row, Skipped } from './rows.ts'

/** Images are encoded 32 at a time. */
const sample = 64

export const grading: Part = {
  name: 'grading',
  about: `a grader's wait, told from ${sample} photographs; captions by GPT-2 small, greedy and then beam 3`,
  async measure({ quick, report }) {
    const data = process.env['CAPTUNE_TEST_DATA'] ?? ''
    const [photographs, vocabulary] = [join(data, 'coco-mini/images'), join(data, 'vocabulary')]
    const skipped = whyNot(quick, [photographs, vocabulary])
    if (skipped !== undefined) return [{ part: grading.name, what: 'all', skipped }]
    const folder = mkdtempSync(join(tmpdir(), 'captune-bench-'))
    const material = { folder, vocabulary }
    const rows: (Row | Skipped)[] = []
    const wait = (script: keyof typeof gradedImages, what: string, task: GradingTask) => {
      const all = gradedImages[script]
      report(`grading: ${script}, ${what}`)
      rows.push(...waitRows(`${script}, ${all} photographs, ${what}`, { ...task, all }))
    }
    try {
      linkPhotographs(photographs, material, sample)
      writeClip('ViT-B/32', material)
      wait('hw3_1.sh', 'ViT-B/32; at most 4 min', { classes: classesRequest(material) })
      wait('hw3_2.sh', 'ViT-B/32; at most 12 min', { captions: captionsRequest(writeCaptioner('ViT-B/32', material), material) })
      writeClip('ViT-L/14', material)
      wait('hw3_2.sh', 'ViT-L/14; at most 30 min', { captions: captionsRequest(writeCaptioner('ViT-L/14', material), material) })
      return await Promise.resolve(rows)
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
}

function whyNot(quick: boolean, folders: readonly string[]): string | undefined {
  if (quick) return 'it is of full size, and takes minutes'
  if (!folders.every((folder) => existsSync(folder)))
    return 'CAPTUNE_TEST_DATA names no folder with coco-mini/images and vocabulary'
  return roomFor(6)
}

/** On a busy machine the clock tells little: processor time, shared by all cores, is what an idle one would take at best. */
function waitRows(what: string, task: GradingTask & { readonly all: number }): (Row | Skipped)[] {
  const script = fileURLToPath(new URL('./grading-run.ts', import.meta.url))
  const ran = spawnSync(process.execPath, [...process.execArgv, script], { input: JSON.stringify(task), encoding: 'utf8' })
  if (ran.status !== 0) {
    const end = ran.signal ?? `exit code ${ran.status ?? 'none'}`
    return [{ part: grading.name, what, skipped: ran.stderr.trim().split('\n').at(-1) || end }]
  }
  const { seconds, processorSeconds, peakBytes, phases } = JSON.parse(ran.stdout) as GradingTimes
  const cores = availableParallelism()
  const row = (who: string, seconds: number) => ({ part: grading.name, what, who, ...once(1000 * seconds) })
  return [
    { ...row('captune', seconds), peak_bytes: peakBytes, facts: { sample, phases } },
    row(`its processor time / ${cores}`, processorSeconds / cores),
  ]
}

const once = (milliseconds: number) => ({ repetitions: 1, median_ms: milliseconds, fastest_ms: milliseconds })
