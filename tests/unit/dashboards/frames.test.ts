// Whole screens as text, beside this file in frames/. Styles are left out but for one test: words and signs must do without them.
import { describe, expect, it } from 'vitest'
import type { Attempt } from '../../../dashboards/data/attempts.ts'
import type { Verdicts } from '../../../dashboards/data/verdicts.ts'
import type { Model, Size } from '../../../dashboards/model.ts'
import { screen } from '../../../dashboards/screen.ts'
import { bare, withoutColour } from '../../../dashboards/style.ts'
import { widthOf } from '../../../dashboards/text.ts'
import { needsOf } from '../../../dashboards/update.ts'
import { views } from '../../../dashboards/views/views.ts'
import { attempt, four, noon, opened, pressed, told } from '../../fixtures/dashboards/attempts.ts'

const sizes: readonly Size[] = [
  { columns: 80, rows: 24 },
  { columns: 160, rows: 50 },
]

const frame = (model: Model) => `${screen(model).map((line) => bare(line).trimEnd()).join('\n')}\n` // prettier-ignore

async function expectFrame(name: string, model: Model): Promise<void> {
  await expect(frame(model)).toMatchFileSnapshot(`frames/${name}-${model.size.columns}x${model.size.rows}.txt`)
}

/** As the database's thread would answer. */
function compared(attempts: readonly Attempt[], size: Size): Model {
  const model = opened(attempts, size)
  const interval = (mean: number) => ({ mean, low: mean - 0.05, high: mean + 0.05 })
  const verdicts: Verdicts = Object.fromEntries(
    attempts.map(({ run, cider = 0, clipscore = 0, type }) => {
      const [first, second] = [cider - 1.487, clipscore - 1.629]
      const word = (difference: number) => (difference > 0.05 ? 'better' : 'open')
      const against = (difference: number) =>
        type === 'none' ? {} : ({ difference: interval(difference), word: word(difference) } as const)
      return [run.id, { cider: { interval: interval(cider), ...against(first) }, clipscore: { interval: interval(clipscore), ...against(second) } }]
    }),
  ) // prettier-ignore
  const need = needsOf(model).find(({ need }) => need === 'verdicts')!
  return told(model, { tell: 'answer', need, answer: verdicts })
}

const busy: readonly Attempt[] = [
  attempt('lora', {
    ...{ cider: undefined, clipscore: undefined, epoch: undefined, lastLoss: 1.4 },
    run: { id: 'shapes-lora-s2-00000002', seed: 2, state: 'running', started: noon - 65_000, ended: null, created: noon - 70_000 },
    progress: { step: 150, steps: 300, remaining: 61, loss: Array.from({ length: 48 }, (_, i) => (i === 20 ? NaN : 3 - i / 20)) },
  }),
  attempt('adapter', {
    ...{ cider: undefined, clipscore: undefined, epoch: undefined },
    run: { id: 'shapes-adapter-s2-00000003', seed: 2, state: 'failed', reason: 'train/loss is NaN at step 17; a smaller train.lr is needed' },
  }),
  ...four,
  attempt('none', { run: { id: 'shapes-none-s2-00000004', seed: 2, name: 'second try 模型', baseline: 1 }, cider: 1.45, tags: ['final'], notes: ['for the report'] }),
] // prettier-ignore

describe.each(sizes)('at $columns x $rows', (size) => {
  it('opens on the comparison of the methods', () => expectFrame('compare', compared(four, size)))
  it('shows the table of runs', () => expectFrame('runs', pressed(opened(busy, size), '2')))
  it('groups seeds', () => expectFrame('seeds', pressed(opened(busy, size), '2', 'S')))
  it('shows a study', () => expectFrame('study', pressed(opened(busy, size), '5')))
  it('helps', () => expectFrame('help', pressed(opened(four, size), '2', '?')))
  it('greets who has no runs', () => expectFrame('empty', opened([], size)))

  it('shows what a run said', () => {
    const model = pressed(opened(busy, size), '2', 'j', 'enter')
    const [need] = needsOf(model)
    const log = {
      lines: [{ at: noon, level: 'error', text: 'train/loss is NaN' }],
      output: ['step 16 loss 81.2', 'Error: train/loss is NaN at step 17', '    at step (train.ts:20)'],
      notes: [{ at: noon, text: 'too high a rate' }],
      facts: [['engine.chosen', 'onnx (cpu, 2 threads)']],
    } as const
    return expectFrame('log', told(model, { tell: 'answer', need: need!, answer: log }))
  })
})

describe('the screen', () => {
  it('is one line less tall than the terminal and never wider, whatever runs are called', () => {
    const wild = attempt('lora', {
      method: '模型'.repeat(40),
      tags: ['\u001b[2Jboom', '👩‍🔬'.repeat(9)],
      run: { name: '\u001b]0;title\u0007' + 'é模👩‍🔬\u202e'.repeat(30), reason: 'line\nbreak\r\n'.repeat(30), state: 'failed' },
    })
    for (let columns = 60; columns < 200; columns += 13)
      for (let rows = 12; rows < 60; rows += 7)
        for (const { key } of views) {
          const lines = screen(pressed(opened([wild, ...busy], { columns, rows }), key))
          expect(lines).toHaveLength(rows - 1)
          expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(columns)
          expect(lines.map(bare).join('')).not.toMatch(/[\u0000-\u001f\u007f\u202e]/)
        }
  })

  it('says how large a terminal it needs', () => {
    expect(screen(opened(four, { columns: 50, rows: 20 }))).toEqual(['This terminal has 50 x 20; 60 x 12 are needed.'])
    expect(screen(opened(four, { columns: 12, rows: 3 }))).toHaveLength(2)
    expect(screen(opened(four, { columns: 1, rows: 1 }))).toHaveLength(1)
  })

  it('marks the best in bold and the second underlined, with signs that stay without styles', () => {
    const line = screen(compared(four, { columns: 160, rows: 50 })).find((each) => bare(each).startsWith('CIDEr'))!
    expect(line).toContain('\u001b[1m1.574*\u001b[22m')
    expect(line).toContain('\u001b[4m1.498+\u001b[24m')
    expect(withoutColour(line)).toBe(line)
  })

  it('keeps what was read in sight while the database cannot be read', () => {
    const sentence = 'runs/runs.db: the database is gone; what was read before is shown.'
    const model = told(opened(four), { tell: 'trouble', sentence })
    expect(frame(model)).toMatch(/\nruns\.db: the database is gone; what was read before is shown\.\n$/)
    expect(frame(model)).toContain('1.574*')
    expect(frame(told(model, { tell: 'trouble', sentence: undefined }))).toMatch(/\n\? help .*\n$/)
  })
})
