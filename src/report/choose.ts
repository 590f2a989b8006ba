// Which runs a report is about: what the user picked, and for the rest the best finished run of each kind on one set of data.
import { basename, join } from 'node:path'
import { fromRoot, readJson } from '../base/files.ts'
import { baselineVerdicts, courseJudge, isCourseValidation } from '../metrics/baselines.ts'
import { attemptRow, type AttemptRow } from '../tracking/attempt-row.ts'
import type { Reader } from '../tracking/reader.ts'
import { resolveRun } from '../tracking/resolve-run.ts'
import type { RunRow } from '../tracking/run-state.ts'
import { rowSource } from '../tracking/table-facts.ts'
import { coursePrompts } from './course.ts'

/** Ids of runs. Everything that a report says follows from these, the database and the runs' folders. */
export interface Chosen {
  readonly best: string | undefined
  /** PEFT type -> run. */
  readonly attempts: Readonly<Record<string, string>>
  /** The same attempts with other seeds. */
  readonly otherSeeds: readonly string[]
  /** The course's prompts in its order, then others. */
  readonly prompts: readonly string[]
  /** Other ways of decoding what `best` or an attempt has learned. */
  readonly decoding: readonly string[]
}

export interface ChooseOptions {
  readonly study?: string | undefined
  /** `best`, or a PEFT type, -> RUN as on a command line. */
  readonly picks: Readonly<Record<string, string>>
}

interface Candidate extends AttemptRow {
  readonly type: string
  readonly data: string
  readonly root: unknown
  /** Of the course's pass marks. */
  readonly marks: number
}

/** Throws UserError where a pick names no run. */
export function chooseRuns(reader: Reader, { study, picks }: ChooseOptions): Chosen {
  const picked = Object.entries(picks).map(([name, text]) => [name, resolveRun(reader, text).id] as const)
  const everywhere = candidatesOf(reader, reader.runs({ state: 'finished' }))
  const finished = everywhere.filter(({ run }) => study === undefined || run.study === study)
  const captioners = onOneGround(finished.filter((one) => one.cider !== undefined && one.run.kind !== 'external'))
  const trained = captioners.filter(({ run }) => run.kind === 'train')
  const types = [...new Set(trained.map(({ type }) => type))].sort((a, b) => order(a) - order(b))
  const attempts = {
    ...Object.fromEntries(types.map((type) => [type, best(trained.filter((one) => one.type === type))!.run.id])),
    ...Object.fromEntries(picked.filter(([name]) => name !== 'best')),
  }
  const own = new Set(Object.values(attempts))
  const champion = picked.find(([name]) => name === 'best')?.[1] ?? best(captioners)?.run.id
  return {
    best: champion,
    attempts,
    otherSeeds: seedsOf(trained, own),
    prompts: promptsOf(everywhere, rootOf(reader, { best: champion })),
    decoding: captioners.filter(({ run }) => run.kind === 'decode' && own.has(run.parent ?? '')).map(({ run }) => run.id),
  }
}

/** Where the best run's data lies, as its configuration says. */
export function rootOf(reader: Reader, { best }: Pick<Chosen, 'best'>): string | undefined {
  const root = best === undefined ? undefined : reader.config(best)['data.root']
  return typeof root === 'string' ? root : undefined
}

function candidatesOf(reader: Reader, runs: readonly RunRow[]): Candidate[] {
  const known = reader.facts(runs.map(({ id }) => id))
  return runs.map((run) => {
    const facts = known.get(run.id)!
    const { config, environment } = facts
    const row = attemptRow(rowSource(facts), run)
    const root = config['data.root']
    return {
      ...row,
      type: String(config['peft.type'] ?? ''),
      data: environment['score.val.data'] ?? '',
      root,
      marks: marksOf(row, root, config['evaluate.clip.weights']),
    }
  })
}

/** How many of the course's baselines the scores pass; none on other data. */
function marksOf({ cider, clipscore, images }: AttemptRow, root: unknown, judge: unknown): number {
  if (cider === undefined || images === undefined || typeof root !== 'string') return 0
  if (!isCourseValidation('dlcv2023-hw3-train', images) || !isCourseValidation(infoOf(root), images)) return 0
  if (typeof judge !== 'string' || basename(judge) !== courseJudge) return 0
  return baselineVerdicts({ cider, clipscore }).filter(({ passed }) => passed === true).length
}

/** What the validation captions say of themselves; undefined where they cannot be read. */
function infoOf(root: string): unknown {
  try {
    return (readJson(join(fromRoot(root), 'p2_data/val.json')) as { info?: unknown }).info
  } catch {
    return undefined
  }
}

/** Scores of different data cannot be compared: those on the course's images are taken, else those on the data of the newest run. */
function onOneGround(candidates: readonly Candidate[]): Candidate[] {
  const ground =
    candidates.find(({ images }) => images !== undefined && isCourseValidation('dlcv2023-hw3-train', images)) ?? candidates[0]
  return candidates.filter(({ data }) => data === ground?.data)
}

/** Most course points, then CIDEr; of equals the newest. */
function best(candidates: readonly Candidate[]): Candidate | undefined {
  return [...candidates].sort((a, b) => b.marks - a.marks || b.cider! - a.cider!)[0]
}

const usual = ['none', 'adapter', 'lora', 'prefix']
const order = (type: string) => (usual.includes(type) ? usual.indexOf(type) : usual.length)

/** The newest run of each other seed of the same attempts. */
function seedsOf(trained: readonly Candidate[], own: ReadonlySet<string>): string[] {
  const chosen = trained.filter(({ run }) => own.has(run.id))
  return chosen.flatMap(({ run, method, circumstances }) => {
    const alike = trained.filter(
      (one) =>
        one.run.study === run.study &&
        one.run.attempt === run.attempt &&
        one.method === method &&
        one.circumstances === circumstances &&
        one.run.seed !== run.seed,
    )
    return alike.filter((one, i) => alike.findIndex((other) => other.run.seed === one.run.seed) === i).map((one) => one.run.id)
  })
}

/** The newest classification by each set of prompts, of the same data's root where there is one. */
function promptsOf(finished: readonly Candidate[], root: unknown): string[] {
  const all = finished.filter(({ run }) => run.kind === 'classify')
  const beside = all.filter((one) => one.root === root)
  const those = beside.length > 0 ? beside : all
  const ground = those[0]?.circumstances
  const newest = those.filter(
    (one, i) => one.circumstances === ground && those.findIndex((other) => other.method === one.method) === i,
  )
  const place = ({ method }: Candidate) => (coursePrompts.includes(method) ? coursePrompts.indexOf(method) : coursePrompts.length)
  return [...newest].sort((a, b) => place(a) - place(b) || (b.accuracy ?? 0) - (a.accuracy ?? 0)).map(({ run }) => run.id)
}
