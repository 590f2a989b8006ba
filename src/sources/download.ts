// One published file over HTTP: into `<target>.part`, from which a later attempt goes on, and under its own name only when its SHA-256
// is the published one. A part is written at fixed positions, so that two processes with one part write the same bytes.
import { existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { InterruptedError, messageOf, systemCode, UserError } from '../base/errors.ts'
import { writeFailure } from '../base/files.ts'
import type { Report } from '../base/progress.ts'
import type { PublishedFile } from './published.ts'
import { megabytes, requireRoom } from './room.ts'
import { difference } from './verify.ts'

/** No address gave the file: the user may bring it by other means. */
export class UnavailableError extends UserError {
  override name = 'UnavailableError'
}

export interface DownloadOptions {
  readonly report: Report
  readonly signal?: AbortSignal | undefined
}

/** Where a download that did not end keeps what it has. */
export const partOf = (target: string): string => `${target}.part`

/**
 * Brings `file` to `target`, from the first of its addresses that gives it. Throws UnavailableError with a line for each address where none does,
 * UserError where the disk cannot hold it, InterruptedError on a stop; what has arrived stays, unless it is not the published file.
 */
export async function download(file: PublishedFile, target: string, options: DownloadOptions): Promise<void> {
  const part = partOf(target)
  if (sizeOf(part) > file.bytes) rmSync(part)
  requireRoom(dirname(target), file.bytes - sizeOf(part))
  const failures: string[] = []
  for (const url of file.urls) {
    try {
      await downloadPart(url, file, part, options)
      await requirePublished(url, file, part, options.report)
      return renameSync(part, target)
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw writeFailure(target, error)
      failures.push(error.message)
    }
  }
  throw new UnavailableError(failures.join('\n'))
}

/** Asks again as long as each connection that breaks has brought something new. */
async function downloadPart(url: string, file: PublishedFile, part: string, options: DownloadOptions): Promise<void> {
  while (sizeOf(part) < file.bytes) {
    const before = sizeOf(part)
    const response = await ask(url, before, options.signal)
    const ended = await append(response, part, await startOf(response, url, before, file), { file, ...options })
    if (options.signal?.aborted === true) throw stopped(file, part)
    if (ended) return // at a wrong size perhaps, which the check tells
    if (sizeOf(part) <= before)
      throw new UnavailableError(
        `${url}: the connection broke at ${progressText(file, part)}; the same command goes on from there.`,
      )
  }
}

async function ask(url: string, from: number, signal: AbortSignal | undefined): Promise<Response> {
  const range: Record<string, string> = from === 0 ? {} : { range: `bytes=${from}-` }
  try {
    return await fetch(url, { headers: { 'accept-encoding': 'identity', ...range }, ...(signal ? { signal } : {}) })
  } catch (error) {
    if (signal?.aborted === true) throw new InterruptedError('Stopped; the same command goes on from there.')
    throw new UnavailableError(`${url}: cannot be reached, ${reasonOf(error)}.`)
  }
}

/** The position of the first byte that the server sends. Throws UnavailableError where it sends something else than asked. */
async function startOf(response: Response, url: string, from: number, file: PublishedFile): Promise<number> {
  const flaw = flawOf(response, from, file)
  if (flaw === undefined) return response.status === 206 ? from : 0
  await response.body?.cancel()
  throw new UnavailableError(`${url}: ${flaw}.`)
}

function flawOf({ status, statusText, headers }: Response, from: number, { name, bytes }: PublishedFile): string | undefined {
  if (status === 416) return `the file there ends before byte ${from}, ${name} has ${bytes} bytes`
  if (status !== 200 && status !== 206) return `the server answers ${`${status} ${statusText}`.trim()}`
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? []
  if (status === 206 && Number(start) !== from)
    return `the server sends byte ${start ?? 'unknown'} where byte ${from} was asked for`
  const size = status === 206 ? total : headers.get('content-length')
  return size == null || Number(size) === bytes ? undefined : `the file there has ${size} bytes, ${name} has ${bytes}`
}

/** Writes the body from `start` on. Whether the server ended it: false for a connection that broke. */
async function append(
  response: Response,
  part: string,
  start: number,
  { file, report }: DownloadOptions & { file: PublishedFile },
): Promise<boolean> {
  const handle = await open(part, start === 0 ? 'w' : 'r+')
  const reader = (response.body as ReadableStream<Uint8Array> | null)?.getReader()
  try {
    for (let position = start; position <= file.bytes;) {
      const next = await reader?.read().catch(() => 'broken' as const) // by the other side, or by our own signal
      if (next === 'broken') return false
      if (next?.value === undefined) return true
      await writeAll(handle, next.value, position)
      position += next.value.length
      report({ phase: file.name, done: position, total: file.bytes, unit: 'bytes' })
    }
    return true
  } finally {
    await reader?.cancel().catch(() => undefined)
    await handle.sync()
    await handle.close()
  }
}

async function writeAll(handle: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < chunk.length;) {
    const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, position + done)
    done += bytesWritten
  }
}

async function requirePublished(url: string, file: PublishedFile, part: string, report: Report): Promise<void> {
  const flaw = await difference(part, file, report)
  if (flaw === undefined) return
  rmSync(part)
  throw new UnavailableError(`${url}: what came is not ${file.name}, ${flaw}; it was removed.`)
}

function stopped(file: PublishedFile, part: string): InterruptedError {
  return new InterruptedError(`Stopped at ${progressText(file, part)} of ${file.name}; the same command goes on from there.`)
}

function progressText({ bytes }: PublishedFile, part: string): string {
  return `${megabytes(sizeOf(part))} of ${megabytes(bytes)}`
}

/** undici says only "fetch failed"; the cause knows why. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  switch (systemCode(cause)) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its name cannot be looked up'
    case 'ECONNREFUSED':
      return 'the connection is refused'
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return 'it does not answer'
    default:
      return messageOf(cause)
  }
}

function sizeOf(path: string): number {
  return existsSync(path) ? statSync(path).size : 0
}
