// A thread that reads, decodes and preprocesses images. Which one is next is decided by a counter that all threads share, so that they
// go on while the thread that asked for the pixels is busy computing with them.
import { parentPort, workerData } from 'node:worker_threads'
import { messageOf, UserError } from '../base/errors.ts'
import { decodeRgb } from '../images/decode.ts'
import { preprocess, type Preprocessing } from './transform.ts'

export interface PreprocessJob {
  readonly paths: readonly string[]
  readonly preprocessing: Preprocessing
  /** Two integers, at `taken` and `allowed`. */
  readonly counters: SharedArrayBuffer
}

/** Where the number of images stands that threads have taken on. */
export const taken = 0
/** Where the number of images stands that may be taken on by now; `stop` ends the threads. */
export const allowed = 1
export const stop = -1

/** From the thread: an image's pixels (3, size, size), or why there are none. */
export type FromPreprocessing =
  { readonly index: number; readonly pixels: Float32Array } | { readonly index: number; readonly failure: Failure }

interface Failure {
  readonly message: string
  readonly user: boolean
  readonly stack: string | undefined
}

if (parentPort !== null) await serve(parentPort, workerData as PreprocessJob)

async function serve(port: NonNullable<typeof parentPort>, { paths, preprocessing, counters }: PreprocessJob): Promise<void> {
  const counts = new Int32Array(counters)
  for (;;) {
    const index = Atomics.add(counts, taken, 1)
    const path = paths[index]
    if (path === undefined || !mayBegin(counts, index)) return
    const answer = await preprocessed(path, preprocessing)
    const message: FromPreprocessing = { index, ...answer }
    port.postMessage(message, 'pixels' in answer ? [answer.pixels.buffer] : [])
  }
}

/** Waits for its turn; false where there will be none. Nothing else is under way in this thread, so it may sleep. */
function mayBegin(counts: Int32Array, index: number): boolean {
  for (;;) {
    const bound = Atomics.load(counts, allowed)
    if (bound === stop) return false
    if (index < bound) return true
    Atomics.wait(counts, allowed, bound)
  }
}

async function preprocessed(path: string, preprocessing: Preprocessing) {
  try {
    return { pixels: preprocess(await decodeRgb(path), preprocessing) }
  } catch (error) {
    const stack = error instanceof Error ? error.stack : undefined
    return { failure: { message: messageOf(error), user: error instanceof UserError, stack } }
  }
}
