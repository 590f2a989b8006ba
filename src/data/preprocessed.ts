// Images as a model sees them, made by threads ahead of whoever takes them: in order, a bounded number at a time.
import { UserError } from '../base/errors.ts'
import { startWorker } from '../base/worker-thread.ts'
import '../images/decode.ts' // the main thread must load sharp's library before others do, or it may be unloaded under them
import { allowed, stop, type FromPreprocessing, type PreprocessJob } from './preprocess-worker.ts'
import type { Preprocessing } from './transform.ts'

export interface PreprocessedImages {
  /**
   * The next images' pixels, each (3, size, size): `count` of them, fewer at the end. Throws what reading one of them threw: UserError
   * where it is missing, damaged or no image.
   */
  take(count: number): Promise<Float32Array[]>
  /** Stops the threads, wherever they are, and waits until they are gone. To be called in any case. */
  close(): Promise<void>
}

export interface PreprocessOptions {
  /** The most threads that may work. */
  readonly threads: number
  /** Images that are made before they are asked for; they wait in memory. */
  readonly ahead: number
}

/** A thread costs as much to start as some images to prepare. */
const imagesPerThread = 16

/** Starts threads that prepare the images at `paths`. */
export function preprocessedImages(
  paths: readonly string[],
  preprocessing: Preprocessing,
  { threads, ahead }: PreprocessOptions,
): PreprocessedImages {
  const counters = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)
  const counts = new Int32Array(counters)
  const arrived = new Map<number, FromPreprocessing>()
  let given = 0
  let closed = false
  let over: Error | undefined // why no more images come
  let wake: () => void = () => undefined

  function allow(images: number): void {
    Atomics.store(counts, allowed, images)
    Atomics.notify(counts, allowed)
  }

  function end(reason: Error): void {
    over ??= reason
    allow(stop)
    wake()
  }

  function start(): Promise<void> {
    const worker = startWorker('./preprocess-worker.ts', import.meta.url, {
      paths,
      preprocessing,
      counters,
    } satisfies PreprocessJob)
    worker.on('message', (message: FromPreprocessing) => {
      if (closed) return
      arrived.set(message.index, message)
      wake()
    })
    worker.on('error', end)
    return new Promise((resolve) => worker.once('exit', () => resolve()))
  }

  async function next(): Promise<Float32Array> {
    for (;;) {
      const message = arrived.get(given)
      if (message !== undefined) {
        arrived.delete(given++)
        if ('failure' in message) throw errorFrom(message.failure)
        return message.pixels
      }
      if (over !== undefined) throw over
      await new Promise<void>((resolve) => (wake = resolve))
    }
  }

  async function take(wanted: number): Promise<Float32Array[]> {
    const bound = Math.min(given + wanted, paths.length)
    if (over === undefined) allow(bound + ahead)
    const images: Float32Array[] = []
    while (given < bound) images.push(await next())
    return images
  }

  allow(ahead)
  const gone = Promise.all(Array.from({ length: Math.min(threads, Math.ceil(paths.length / imagesPerThread)) }, start))
  void gone.then(() => end(new Error('the threads that prepare images ended early'))) // all that they sent has arrived by then

  return {
    take,
    async close() {
      closed = true
      arrived.clear()
      end(new Error('the images were closed'))
      await gone
    },
  }
}

function errorFrom({ message, user, stack }: Extract<FromPreprocessing, { failure: unknown }>['failure']): Error {
  if (user) return new UserError(message)
  const error = new Error(message)
  if (stack !== undefined) error.stack = stack
  return error
}
