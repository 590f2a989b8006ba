// What a view is: pure functions of the model. Everything that somebody can do in it stands in its bindings.
import type { Table } from '../src/tables/table.ts'
import type { Binding } from './bindings.ts'
import type { Need } from './data/messages.ts'
import type { Model, Size, ViewName } from './model.ts'

export interface View {
  readonly name: ViewName
  readonly title: string
  /** The key that opens it from everywhere. */
  readonly key: string
  /** At most `size.rows` lines, each at most `size.columns` wide. */
  readonly lines: (model: Model, size: Size) => string[]
  readonly bindings: readonly Binding[]
  /** What it shows beside the rows of all runs. */
  readonly needs?: (model: Model) => Need[]
  /** What `ctrl+s` writes; undefined where there is nothing to write. */
  readonly table?: (model: Model) => Table | undefined
  /** Its charts as an SVG document, for files that end in svg and png; undefined where it draws none. */
  readonly page?: (model: Model, size: Size) => string | undefined
}
