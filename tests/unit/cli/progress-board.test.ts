import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { progressBoard } from '../../../src/cli/progress-board.ts'

/** A stream that keeps what is written to it: a terminal of 60 columns, or a file. */
function streamOf(kind: 'terminal' | 'file') {
  const written: string[] = []
  const write = (text: string) => written.push(text) > 0
  return { stream: { isTTY: kind === 'terminal', columns: 60, write } as unknown as NodeJS.WriteStream, written }
}

/** What a terminal shows after everything was written to it: `ESC[nA` goes up n lines, `ESC[0J` clears what is below. */
function screen(written: readonly string[]): string[] {
  let lines: string[] = []
  for (const piece of written.join('').split(/(?=\x1b)|(?<=\x1b\[0J)/)) {
    const up = /^\x1b\[(\d+)A/.exec(piece)
    if (up !== null) lines = lines.slice(0, lines.length - Number(up[1]))
    else if (!piece.startsWith('\x1b')) lines.push(...piece.split('\n').slice(0, -1))
  }
  return lines
}

const steps = (done: number, phase = 'epoch 1/2') => ({ phase, done, total: 10, unit: 'steps' })

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 })
  vi.stubEnv('TERM', 'xterm')
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
})

describe('progress on a terminal', () => {
  it('is one line for each worker, redrawn in place', () => {
    const { stream, written } = streamOf('terminal')
    const board = progressBoard(stream)
    board.reporter('a')(steps(1))
    vi.advanceTimersByTime(1000)
    board.reporter('b')(steps(3))
    vi.advanceTimersByTime(1000)
    board.reporter('a')(steps(5))
    expect(screen(written)).toEqual([
      expect.stringMatching(/^a {2}epoch 1\/2 .* 5\/10 steps/),
      expect.stringMatching(/^b {2}.* 3\/10 steps/),
    ])
  })

  it('is drawn at most every 80 ms, but always at the end of a phase', () => {
    const { stream, written } = streamOf('terminal')
    const report = progressBoard(stream).reporter('')
    for (let done = 0; done < 10; done++) report(steps(done))
    expect(screen(written)[0]).toContain('0/10 steps')
    report(steps(10))
    expect(screen(written)[0]).toContain('10/10 steps')
  })

  it('leaves lines that were printed above it, and nothing of itself', () => {
    const { stream, written } = streamOf('terminal')
    const board = progressBoard(stream)
    board.reporter('a')(steps(1))
    board.reporter('b')(steps(10))
    board.print('c: finished')
    expect(screen(written)).toEqual(['c: finished', expect.stringContaining('a  epoch'), expect.stringContaining('b  epoch')])
    board.remove('a')
    expect(screen(written)).toEqual(['c: finished', expect.stringContaining('b  epoch')])
    board.close()
    board.close()
    expect(screen(written)).toEqual(['c: finished'])
  })

  it('never wraps, whatever the width', () => {
    const { stream, written } = streamOf('terminal')
    progressBoard(stream).reporter('a name that is longer than many')({ ...steps(10), detail: 'loss 1.234567' })
    expect(screen(written)[0]!.length).toBeLessThan(60)
  })
})

describe('progress in a file', () => {
  it('is a line at the end of each phase, and one every ten seconds in a long one', () => {
    const { stream, written } = streamOf('file')
    const board = progressBoard(stream)
    const report = board.reporter('a')
    for (let done = 0; done <= 10; done++) {
      report(steps(done))
      vi.advanceTimersByTime(4000)
    }
    report(steps(10))
    board.close()
    expect(written).toEqual([
      'a: epoch 1/2: 3/10 steps, 0.25 steps/s, 28 s left\n',
      'a: epoch 1/2: 6/10 steps, 0.25 steps/s, 16 s left\n',
      'a: epoch 1/2: 9/10 steps, 0.25 steps/s, 4 s left\n',
      'a: epoch 1/2: 10/10 steps, 0.25 steps/s\n',
    ])
  })

  it('tells the end of a phase each time that the phase comes', () => {
    const { stream, written } = streamOf('file')
    const report = progressBoard(stream).reporter('')
    for (const done of [5, 10, 5, 10]) report(steps(done, 'captions'))
    expect(written).toEqual(['captions: 10/10 steps\n', 'captions: 10/10 steps\n'])
  })

  it('holds no control characters, also where the terminal is a dumb one', () => {
    vi.stubEnv('TERM', 'dumb')
    const { stream, written } = streamOf('terminal')
    const board = progressBoard(stream)
    board.reporter('a')(steps(10))
    board.print('done')
    board.close()
    expect(written).toEqual(['a: epoch 1/2: 10/10 steps\n', 'done\n'])
  })
})
