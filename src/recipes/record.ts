// Scores into a run's record: numbers, the circumstances they were measured in, every caption with its own scores, a CSV for people.
import { statSync } from 'node:fs'
import { relative, sep } from 'node:path'
import { sha256OfFile, writeAtomically } from '../base/files.ts'
import type { Contents } from '../config/hash.ts'
import type { Engine } from '../engine/engine.ts'
import { csv } from '../tables/csv.ts'
import type { RunWriter } from '../tracking/writer.ts'
import { predictionsFile, scoresFile } from './run-folder.ts'
import type { CaptionScores } from './score.ts'
import type { Split } from './split.ts'
import type { Task } from './task.ts'

/** All that must agree before two scores may be ranked. */
export interface Circumstances {
  /** Fingerprint of images and captions. */
  readonly data: string
  readonly images: number
  readonly decoding: string
  readonly engine: string
  readonly precision: string
  /** Fingerprint of the judging CLIP's weights. */
  readonly clip: string
}

/** The circumstances of scoring `split` in a run. */
export function circumstancesOf({ config }: Task, engine: Engine, contents: Contents, split: Split): Circumstances {
  const { strategy, max_length } = config.decode
  return {
    data: contents.data,
    images: split.images.length,
    decoding: `${strategy}, at most ${max_length} tokens`,
    engine: engine.name,
    precision: config.engine.precision,
    clip: contents.weights['evaluate.clip.weights'] ?? '',
  }
}

export interface ScoredSplit {
  readonly split: string
  /** The optimizer step of the checkpoint that was scored. */
  readonly step: number
  /** Its epoch, counted from 1. */
  readonly epoch: number
  readonly captions: Readonly<Record<string, string>>
  readonly scores: CaptionScores
  readonly circumstances: Circumstances
}

/** Writes a split's scores to the run's database and to `scores/<split>.csv`. */
export async function recordScores(writer: RunWriter, folder: string, scored: ScoredSplit): Promise<void> {
  const { split, step, epoch, captions, scores, circumstances } = scored
  const rows = Object.entries(captions).map(([image, caption]) => ({
    image,
    caption,
    cider: scores.cider.perImage[image],
    clipscore: scores.clipscore.perImage[image],
  }))
  writeAtomically(scoresFile(folder, split), scoresCsv(rows))
  writer.samples(split, step, rows)
  writer.metrics(step, {
    [`${split}/cider`]: scores.cider.score,
    [`${split}/clipscore`]: scores.clipscore.score,
    [`${split}/bleu4`]: scores.bleu4,
    [`${split}/rougeL`]: scores.rougeL,
    [`${split}/epoch`]: epoch,
  })
  writer.environment(Object.fromEntries(Object.entries(circumstances).map(([key, value]) => [`score.${split}.${key}`, value])))
  for (const path of [predictionsFile(folder, split), scoresFile(folder, split)]) await recordFile(writer, folder, path)
}

/** Puts a file of the run's folder on record: path, size, SHA-256. */
export async function recordFile(writer: RunWriter, folder: string, path: string): Promise<void> {
  const name = relative(folder, path).split(sep).join('/')
  writer.artifact({ path: name, bytes: statSync(path).size, sha256: await sha256OfFile(path) })
}

function scoresCsv(
  rows: readonly { image: string; caption: string; cider?: number | undefined; clipscore?: number | undefined }[],
): string {
  const columns = ['image', 'caption', 'cider', 'clipscore'].map((title) => ({ title }))
  const cells = rows.map(({ image, caption, cider, clipscore }) =>
    [image, caption, cider, clipscore].map((value) => ({ text: String(value ?? '') })),
  )
  return csv({ columns, rows: cells })
}
