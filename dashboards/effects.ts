// The only file that touches the world on behalf of the model: the database's thread, files, the clipboard, the clock.
import { extname, resolve } from 'node:path'
import { messageOf, UserError } from '../src/base/errors.ts'
import { writeAtomically } from '../src/base/files.ts'
import { startWorker } from '../src/base/worker-thread.ts'
import { keyOf, type FromSource, type Need, type ToSource } from './data/messages.ts'
import type { SourceJob } from './data/source-worker.ts'
import type { Effect, Model } from './model.ts'
import { needsOf, update, type Message } from './update.ts'

export interface Program {
  readonly model: () => Model
  /** Takes a message and does what follows from it. */
  readonly send: (message: Message) => void
  /** Ends the thread; nothing is shown from then on. */
  readonly end: () => Promise<void>
}

export interface ProgramOptions {
  readonly first: Model
  /** Called after each message with what is to be shown. */
  readonly show: (model: Model) => void
  readonly quit: () => void
  readonly write: (escapes: string) => void
  /** A fontconfig file: what pictures are lettered with. */
  readonly fonts: string
  /** A fault of the database's thread. */
  readonly fail: (error: Error) => void
}

const young = 4 // MB for what the thread reads and forgets: the usual 48 would only be filled
const betweenSlices = 250 // ms between two frames while many runs are being read

/** Starts the database's thread and keeps the model. */
export function startProgram({ first, show, quit, write, fonts, fail }: ProgramOptions): Program {
  const job: SourceJob = { database: first.database, study: first.study }
  const worker = startWorker('./data/source-worker.ts', import.meta.url, job, { maxYoungGenerationSizeMb: young })
  const post = (message: ToSource) => worker.postMessage(message)
  let model = first
  let asked = ''
  let ended = false
  let shown = 0 // when, in milliseconds

  function send(message: Message): void {
    if (ended) return
    const { model: next, effects } = update(model, message)
    const changed = next !== model
    model = next
    if (message.tell === 'attempts' && message.waiting > 0 && Date.now() - shown < betweenSlices) return
    askFor(needsOf(model))
    if (changed) {
      shown = Date.now()
      show(model)
    }
    for (const effect of effects) perform(effect)
  }

  /** Tells the thread when other things are needed than before. */
  function askFor(needs: readonly Need[]): void {
    const keys = needs.map(keyOf).join('\n')
    if (keys === asked) return
    asked = keys
    post({ needs })
  }

  function perform(effect: Effect): void {
    switch (effect.effect) {
      case 'act':
        return post({ action: effect.action })
      case 'refresh':
        return post({ refresh: true })
      case 'save':
        return save(effect.path, effect.text)
      case 'draw':
        return void draw(effect.path, effect.svg).catch(fail)
      case 'copy':
        return write(`\u001b]52;c;${Buffer.from(effect.text).toString('base64')}\u0007`)
      case 'quit':
        return quit()
    }
  }

  function save(path: string, content: string | Uint8Array): void {
    try {
      writeAtomically(resolve(path), content)
      send({ tell: 'done', sentence: `Wrote ${path}.`, failed: false })
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      send({ tell: 'done', sentence: messageOf(error), failed: true })
    }
  }

  async function draw(path: string, svg: string): Promise<void> {
    if (extname(path) === '.svg') return save(path, svg)
    const { pngOfSvg } = await import('../src/images/svg.ts') // a native library: only who draws waits for it
    save(path, await pngOfSvg(svg, { fonts, scale: 2 }))
  }

  worker.on('message', (message: FromSource) => send(message))
  worker.on('error', fail)
  const clock = setInterval(() => send({ tell: 'time', now: Date.now() }), 1000)

  async function end(): Promise<void> {
    ended = true
    clearInterval(clock)
    await worker.terminate()
  }

  return { model: () => model, send, end }
}
