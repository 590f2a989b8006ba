// Opens the dashboard on a terminal: the alternate screen, Ink, the program; puts everything back however it ends.
import { setFlagsFromString } from 'node:v8'
import { createElement } from 'react'
import { startProgram } from './effects.ts'
import { firstModel, type Model, type Size } from './model.ts'
import type { Colours } from './pictures/half-blocks.ts'
import { screen } from './screen.ts'

export interface DashboardOptions {
  /** Path of runs.db; it need not exist. */
  readonly database: string
  readonly study: string | undefined
  /** A fontconfig file: what pictures of charts are lettered with. */
  readonly fonts: string
}

const [alternateScreen, usualScreen] = ['\u001b[?1049h\u001b[H', '\u001b[?1049l']

/** Shows the dashboard until the user leaves it. Only for a terminal. */
export async function startDashboard({ database, study, fonts }: DashboardOptions): Promise<void> {
  setFlagsFromString('--optimize-for-size') // heaps grow by little: 170 MB with 10 000 runs instead of 250
  const { stdout } = process
  let failure: Error | undefined
  let show: (model: Model) => void = () => undefined
  let leave = (): void => undefined
  const first = firstModel({ database, study, now: Date.now(), size: sizeOf(stdout), colours: coloursOf(process.env) })
  const program = startProgram({
    ...{ first, fonts },
    show: (model) => show(model),
    quit: () => leave(),
    write: (escapes) => stdout.write(escapes),
    fail: (error) => {
      failure = error
      leave()
    },
  })
  const [{ render }, { App }] = await Promise.all([import('ink'), import('./app.tsx')]) // while the thread reads
  const element = (model: Model) =>
    createElement(App, { lines: screen(model), colour: !isSet('NO_COLOR'), press: (key) => program.send({ tell: 'key', key }) })
  const resized = () => program.send({ tell: 'size', size: sizeOf(stdout) })

  stdout.write(alternateScreen)
  const restore = () => stdout.write(usualScreen)
  process.once('exit', restore)
  const ink = render(element(program.model()), { exitOnCtrlC: false, patchConsole: false, maxFps: 60 })
  show = (model) => ink.rerender(element(model))
  leave = () => {
    void program.end() // a frame drawn after the last one would keep the process alive
    ink.unmount()
  }
  if (failure !== undefined) leave()
  stdout.on('resize', resized)
  process.once('SIGTERM', leave).once('SIGHUP', leave)
  try {
    await ink.waitUntilExit()
  } finally {
    stdout.off('resize', resized)
    process.off('SIGTERM', leave).off('SIGHUP', leave).off('exit', restore)
    restore()
    await program.end()
  }
  if (failure !== undefined) throw failure
}

function sizeOf({ columns, rows }: NodeJS.WriteStream): Size {
  return { columns: columns || 80, rows: rows || 24 }
}

/** Terminals that show all colours say so in COLORTERM. */
function coloursOf({ COLORTERM }: NodeJS.ProcessEnv): Colours {
  if (isSet('NO_COLOR')) return 'none'
  return COLORTERM === 'truecolor' || COLORTERM === '24bit' ? 'all' : '256'
}

/** As no-color.org says: present and not empty. */
function isSet(variable: string): boolean {
  return (process.env[variable] ?? '') !== ''
}
