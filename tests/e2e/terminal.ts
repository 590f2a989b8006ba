// A real terminal emulator (tmux) with a program in it: keys go in, the screen comes out.
import { spawnSync } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { fromRoot } from '../../src/base/files.ts'

export const hasTmux = spawnSync('tmux', ['-V']).status === 0

export interface Terminal {
  /** The lines of the screen, without spaces at their ends. */
  readonly screen: () => string
  /** The same with the escape sequences of styles. */
  readonly styled: () => string
  /** Keys by tmux's names: `j`, `Enter`, `C-s`, `Escape`. */
  readonly press: (...keys: readonly string[]) => void
  /** A text, letter for letter. */
  readonly type: (text: string) => void
  readonly resize: (columns: number, rows: number) => void
  /** The screen once it fits; throws with what stands there instead after 30 s. */
  readonly until: (wanted: RegExp) => Promise<string>
}

export interface TerminalOptions {
  readonly columns?: number
  readonly rows?: number
  readonly environment?: Readonly<Record<string, string>>
}

let terminals = 0

/** Runs `captune ...args`; the terminal is gone after the test. What the shell says at the end stays on the screen. */
export function terminal(args: readonly string[], { columns = 100, rows = 30, environment = {} }: TerminalOptions): Terminal {
  const socket = `captune-test-${process.pid}-${terminals++}`
  const tmux = (...words: readonly string[]) => spawnSync('tmux', ['-L', socket, ...words], { encoding: 'utf8' }).stdout
  const variables = Object.entries(environment).map(([name, value]) => `${name}='${value}'`)
  const command = `${[...variables, `'${fromRoot('captune')}'`, ...args].join(' ')}; echo "left with $?"; sleep 60`
  tmux('-f', '/dev/null', 'new-session', '-d', '-x', String(columns), '-y', String(rows), command)
  onTestFinished(() => void tmux('kill-server'))

  const screen = () => tmux('capture-pane', '-p').trimEnd()
  async function until(wanted: RegExp): Promise<string> {
    const deadline = Date.now() + 30_000
    while (!wanted.test(screen())) {
      if (Date.now() > deadline) throw new Error(`${String(wanted)} never came; the screen is\n${screen()}`)
      await pause(50)
    }
    return screen()
  }
  return {
    ...{ screen, until },
    styled: () => tmux('capture-pane', '-p', '-e'),
    press: (...keys) => void tmux('send-keys', ...keys),
    type: (text) => void tmux('send-keys', '-l', text),
    resize: (x, y) => void tmux('resize-window', '-x', String(x), '-y', String(y)),
  }
}
