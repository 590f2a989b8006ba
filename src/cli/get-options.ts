import type { DownloadOptions } from '../sources/download.ts'

/** The options of `captune get`, as commander gives them. */
export interface GetOptions {
  readonly from?: string
  readonly to?: string
  readonly url?: string
  readonly check?: string | true
}

/** What every source needs beside its options. */
export interface GetSurroundings extends DownloadOptions {
  /** Prints a line of the result, with the progress out of its way. */
  readonly say: (line: string) => void
}
