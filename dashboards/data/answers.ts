// How each need is answered from the database, and what tells that an answer has become old.
import { dirname, join } from 'node:path'
import type { Reader } from '../../src/tracking/reader.ts'
import { attentionOf } from './attention.ts'
import { captionsOf } from './captions.ts'
import { curveStamp, metricNames, sketchOf } from './curves.ts'
import type { Answers, Need } from './messages.ts'
import { pictureOf } from './picture.ts'
import { runLog } from './run-log.ts'
import { verdictReader } from './verdicts.ts'

export interface Answerer<K extends Need['need']> {
  /** Equal as long as the answer is the same. */
  readonly stamp: (reader: Reader, need: Extract<Need, { need: K }>) => string
  readonly answer: (reader: Reader, need: Extract<Need, { need: K }>) => Answers[K] | Promise<Answers[K]>
}

export type Answerers = { readonly [K in Need['need']]: Answerer<K> }

/** What the source knows of runs without asking the database. */
export interface KnownRuns {
  /** Different when one of these runs has other scores. */
  readonly scoresOf: (runs: readonly string[]) => string
  /** Different when the run was read again. */
  readonly readingsOf: (run: string) => string
}

/** `database` is the path of runs.db, beside which the runs have their folders. */
export function answerersFor(database: string, { scoresOf, readingsOf }: KnownRuns): Answerers {
  const verdictsOf = verdictReader(scoresOf)
  return {
    verdicts: {
      stamp: (_, { runs }) => scoresOf(runs),
      answer: (reader, { runs, baseline }) => verdictsOf(reader, runs, baseline),
    },
    log: { stamp: (_, { run }) => readingsOf(run), answer: (reader, { run }) => runLog(reader, database, run) },
    metrics: { stamp: (_, { runs }) => runs.map(readingsOf).join(' '), answer: (reader, { runs }) => metricNames(reader, runs) },
    curve: {
      stamp: (reader, { run, metric }) => curveStamp(reader, run, metric),
      answer: (reader, { run, metric }) => reader.series(run, metric),
    },
    sketch: { stamp: () => '', answer: (reader, { run, metric }) => sketchOf(reader, run, metric) },
    captions: { stamp: (_, { runs }) => scoresOf(runs), answer: (reader, { runs }) => captionsOf(reader, runs) },
    attention: {
      stamp: (_, { run }) => readingsOf(run),
      answer: (_, { run, image }) => attentionOf(join(dirname(database), run, 'attention', `${image}.safetensors`)),
    },
    picture: { stamp: () => '', answer: (reader, { data, image }) => pictureOf(reader, data, image) },
  }
}
