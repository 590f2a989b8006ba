// Scores into a run's record: numbers, the circumstances they were measured in, every caption with its own scores, a CSV for people.
import { statSync } from 'node:fs'
import { relative, sep } from 'node:path'
import { sha256OfFile, writeAtomically } from '../base/files.ts'
import type { Contents } from '../config/hash.ts'
import type { Engine } from '../engine/engine.ts'
import { csv } from '../tables/csv.ts'
import type { Sample } from '../tracking/entries.ts'
import type { RunWriter } from '../tracking/writer.ts'
import { predictionsFile, scoresFile } from './run-folder.ts'
import type { CaptionScores, TextScores } from './score.ts'
import type { Split } from './split.ts'
import { decodingText } from './strategy.ts'
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
  return {
    data: contents.data,
    images: split.images.length,
    decoding: decodingText(config.decode),
    engine: engine.name,
    precision: config.encoder.precision === 'int8' ? `${config.engine.precision}, features in int8` : config.engine.precision,
    clip: contents.weights['evaluate.clip.weights'] ?? '',
  }
}

export interface ScoredSplit {
  readonly split: string
  /** The optimizer step of the checkpoint that was scored. */
  readonly step: number
  /** Its epoch, counted from 1; of another program's predictions none is known. */
  readonly epoch?: number
  readonly captions: Readonly<Record<string, string>>
  /** Without images there is no CLIPScore. */
  readonly scores: TextScores & Partial<CaptionScores>
  readonly circumstances: Circumstances
}

/** Writes a split's scores to the run's database and to `scores/<split>.csv`. */
export async function recordScores(writer: RunWriter, folder: string, scored: ScoredSplit): Promise<void> {
  const { split, step, epoch, circumstances } = scored
  const rows = samplesOf(scored)
  writeAtomically(scoresFile(folder, split), scoresCsv(rows))
  writer.samples(split, step, rows)
  writer.metrics(step, { ...metricsOf(split, scored.scores), ...(epoch === undefined ? {} : { [`${split}/epoch`]: epoch }) })
  writer.environment(Object.fromEntries(Object.entries(circumstances).map(([key, value]) => [`score.${split}.${key}`, value])))
  for (const path of [predictionsFile(folder, split), scoresFile(folder, split)]) await recordFile(writer, folder, path)
}

/** A split's scores under the names that they have in the database. The paper's CLIPScore never stands under the course's name. */
export function metricsOf(split: string, scores: TextScores & Partial<CaptionScores>): Record<string, number> {
  const { cider, bleu, rougeL, clipscore, refClipscore } = scores
  const named = {
    cider: cider.score,
    bleu4: bleu.score[3],
    rougeL: rougeL.score,
    ...(refClipscore ? { clipscore_paper: clipscore?.score, refclipscore: refClipscore.score } : { clipscore: clipscore?.score }),
  }
  const known = Object.entries(named).filter((entry): entry is [string, number] => entry[1] !== undefined)
  return Object.fromEntries(known.map(([name, value]) => [`${split}/${name}`, value]))
}

function samplesOf({ captions, scores }: ScoredSplit): Sample[] {
  return Object.entries(captions).map(([image, caption]) => ({
    image,
    caption,
    cider: scores.cider.perImage[image],
    clipscore: scores.clipscore?.perImage[image],
  }))
}

/** Puts a file of the run's folder on record: path, size, SHA-256. */
export async function recordFile(writer: RunWriter, folder: string, path: string): Promise<void> {
  const name = relative(folder, path).split(sep).join('/')
  writer.artifact({ path: name, bytes: statSync(path).size, sha256: await sha256OfFile(path) })
}

function scoresCsv(rows: readonly Sample[]): string {
  const columns = ['image', 'caption', 'cider', 'clipscore'].map((title) => ({ title }))
  const cells = rows.map(({ image, caption, cider, clipscore }) =>
    [image, caption, cider, clipscore].map((value) => ({ text: String(value ?? '') })),
  )
  return csv({ columns, rows: cells })
}
