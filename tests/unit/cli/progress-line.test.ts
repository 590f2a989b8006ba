import { describe, expect, it } from 'vitest'
import { plainLine, progressLine } from '../../../src/cli/progress-line.ts'

const half = { phase: 'epoch 2/4', done: 38, total: 75, unit: 'steps', detail: 'loss 1.234' }
const line = { label: 'lora s1', progress: half, elapsed: 4000, doneAtStart: 0 }

describe('a line of progress on a terminal', () => {
  it('has bar, share, count, rate and remaining time', () => {
    expect(progressLine(line, 200)).toBe(
      'lora s1  epoch 2/4  ━━━━━━━━────────  50 %  38/75 steps  9.50 steps/s  4 s left  loss 1.234',
    )
  })

  it('counts bytes as people read them', () => {
    const download = { phase: 'ViT-L-14.pt', done: 12_300_000, total: 932_768_134, unit: 'bytes' }
    const text = progressLine({ label: '', progress: download, elapsed: 3000, doneAtStart: 0 }, 100)
    expect(text).toMatch(/^ViT-L-14\.pt {2}─{16} {2}1 % {2}12\.3 MB\/933 MB {2}4\.1 MB\/s {2}3 min 45 s left$/)
  })

  it('is never wider than the terminal', () => {
    for (const width of [0, 1, 2, 30, 79]) expect(progressLine(line, width).length).toBeLessThanOrEqual(Math.max(1, width))
    expect(progressLine(line, 30)).toBe('lora s1  epoch 2/4  ━━━━━━━━─…')
  })

  it('says nothing of rate and time before there is something to measure', () => {
    expect(progressLine({ ...line, elapsed: 100 }, 200)).not.toMatch(/steps\/s|left/)
    expect(progressLine({ ...line, doneAtStart: 38 }, 200)).not.toMatch(/steps\/s|left/)
  })

  it('does not count what was done before a resumed phase began', () => {
    expect(progressLine({ ...line, doneAtStart: 30 }, 200)).toContain('2.00 steps/s  19 s left')
  })

  it('is full where there is nothing to do', () => {
    const nothing = { phase: 'world', done: 0, total: 0, unit: 'files' }
    expect(progressLine({ label: '', progress: nothing, elapsed: 0, doneAtStart: 0 }, 80)).toBe(
      `world  ${'━'.repeat(16)}  100 %  0/0 files`,
    )
  })
})

describe('a line of progress in a log', () => {
  it('has no bar, and at the end no remaining time', () => {
    expect(plainLine(line)).toBe('lora s1: epoch 2/4: 38/75 steps, 9.50 steps/s, 4 s left, loss 1.234')
    const ended = { phase: 'epoch 2/4', done: 75, total: 75, unit: 'steps' }
    expect(plainLine({ ...line, label: '', progress: ended })).toBe('epoch 2/4: 75/75 steps, 18.8 steps/s')
  })
})
