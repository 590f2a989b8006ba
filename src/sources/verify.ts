// Whether a file is the published one: its size first, which costs nothing, then its SHA-256.
import { statSync } from 'node:fs'
import { sha256OfFile } from '../base/files.ts'
import type { Report } from '../base/progress.ts'
import type { PublishedFile } from './published.ts'

/** Bytes that take a second or so to read. */
const worthALine = 100_000_000

/** How the file at `path` differs from the published one ("it has 12 bytes, the published one has 34"); undefined where it is that one. */
export async function difference(
  path: string,
  { name, bytes, sha256 }: PublishedFile,
  report: Report,
): Promise<string | undefined> {
  const { size } = statSync(path)
  if (size !== bytes) return `it has ${size} bytes, the published one has ${bytes}`
  if (bytes >= worthALine) report({ phase: `checking ${name}`, done: 0, total: bytes, unit: 'bytes' })
  const found = await sha256OfFile(path)
  return found === sha256 ? undefined : `its SHA-256 is ${found}, the published one's is ${sha256}`
}
