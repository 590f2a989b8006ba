// What a report consists of, as types: its tables, pictures and curves, and what is missing. contents.ts puts them together.
import type { AttendedCaption } from '../checkpoint/attention-file.ts'
import type { Table } from '../tables/table.ts'
import type { Reader } from '../tracking/reader.ts'
import type { Chosen } from './choose.ts'
import type { Cost } from './figures/cost-scatter.ts'
import type { ClassBar } from './figures/class-bars.ts'
import type { Curve } from './figures/learning-curves.ts'
import type { Settings } from './settings.ts'

export type TableName = 'prompts' | 'top-five' | 'best' | 'attempts' | 'decoding' | 'pairs' | 'environment'

/** A table whose numbers are all in the manifest. */
export interface QuotedTable {
  /** The section it belongs to; `A` is the appendix. */
  readonly section: string
  readonly title: string
  readonly table: Table
}

/** An image of the report. */
export interface Picture {
  readonly stem: string
  /** Where it lies on this machine. */
  readonly path: string
}

export interface TopFive extends Picture {
  readonly truth: string
  readonly bars: readonly ClassBar[]
}

export interface ScoredPair extends Picture {
  readonly rank: 'best' | 'worst'
  readonly caption: string
  readonly references: readonly string[]
  readonly clipscore: number
  /** Undefined where nobody has asked `captune attend` for it. */
  readonly looked: AttendedCaption | undefined
}

export interface TestImage extends Picture {
  readonly looked: AttendedCaption | undefined
}

/** Something that the course asks for and nobody has made yet. */
export interface Missing {
  readonly section: string
  readonly what: string
  /** The command that makes it. */
  readonly remedy: string
}

export interface Contents {
  /** A sentence: on what the scores were measured. */
  readonly measuredOn: string
  readonly tables: ReadonlyMap<TableName, QuotedTable>
  readonly topFive: readonly TopFive[]
  readonly loss: readonly Curve[]
  readonly scores: readonly Curve[]
  readonly lastStep: number
  readonly costs: readonly Cost[]
  readonly testImages: readonly TestImage[]
  readonly pairs: readonly ScoredPair[]
  readonly missing: readonly Missing[]
}

export interface ContentsOptions {
  readonly reader: Reader
  /** The folder of run folders. */
  readonly runsFolder: string
  readonly chosen: Chosen
  readonly settings: Settings
}

export interface Part extends Partial<Omit<Contents, 'tables' | 'missing'>> {
  readonly tables: readonly (readonly [TableName, QuotedTable])[]
  readonly missing: readonly Missing[]
}
