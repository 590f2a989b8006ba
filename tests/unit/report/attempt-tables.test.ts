import { describe, expect, it } from 'vitest'
import { attemptFacts, subjectTable } from '../../../src/report/attempt-tables.ts'
import { attemptsOf } from '../../../src/report/attempts.ts'
import { pivotFacts, pivotOf, pivotTable, type PivotOptions } from '../../../src/report/pivot.ts'
import { spread, spreadText } from '../../../src/report/spread.ts'
import { plain } from '../../../src/tables/plain.ts'
import { printTable } from '../../../src/tables/print.ts'
import { classified, recorded, trained, type Recorded } from './recorded.ts'

const seeds = [0.91, 0.95, 0.93].map((cider, i) => trained(`lora-${i + 1}`, cider, { attempt: 'lora', seed: i + 1 }))

/** The table's lines under its head. */
function lines(runs: readonly Recorded[], options = {}): string[] {
  const { reader } = recorded(runs)
  const table = subjectTable('attempts', attemptsOf(reader, reader.runs()), options)
  return plain(table).split('\n').slice(2)
}

describe('mean and standard deviation', () => {
  it('are those of numpy with ddof=1', () => {
    // numpy 2.3: np.mean([.91, .95, .93]), np.std([.91, .95, .93], ddof=1)
    const its = spread([0.91, 0.95, undefined, 0.93])!
    expect(its.n).toBe(3)
    expect(its.mean).toBeCloseTo(0.93, 12)
    expect(its.sd).toBeCloseTo(0.020000000000000018, 12)
    expect(spreadText(its, 3)).toBe('0.930 ± 0.020')
  })

  it('need two numbers for a deviation, and one for a mean', () => {
    expect(spread([0.5])).toEqual({ mean: 0.5, sd: undefined, n: 1 })
    expect(spread([undefined, NaN])).toBeUndefined()
    expect(spreadText(undefined, 3)).toBe('–')
  })
})

describe('the table of attempts', () => {
  it('puts the seeds of an attempt into one row', () => {
    expect(lines(seeds)).toEqual([expect.stringMatching(/^lora \(3 seeds\) +lora rank 8, alpha 16, c_attn +1 000 000 +10\.0 % +0\.930 ± 0\.020 +0\.700 ± 0\.000 +2, 2, 2 /)]) // prettier-ignore
  })

  it('says how many of the seeds are finished', () => {
    const more = trained('lora-4', 0.9, { attempt: 'lora', seed: 4, unfinished: true })
    expect(lines([...seeds, more])[0]).toMatch(/^lora \(3\/4 seeds\) /)
  })

  it('takes the newest run of a seed, and keeps attempts of other methods apart', () => {
    const again = trained('lora-again', 0.99, { attempt: 'lora', seed: 1 })
    const wider = trained('lora-wide', 0.5, { attempt: 'lora', seed: 1, config: { 'peft.rank': 32 } })
    expect(lines([seeds[0]!, again, wider]).map((line) => line.match(/rank \d+|0\.\d{3}/g)!.slice(0, 2))).toEqual([
      ['rank 8', '0.990'],
      ['rank 32', '0.500'],
    ])
  })

  it('marks best and second by their means', () => {
    const marked = lines([...seeds, trained('adapter-1', 0.94), trained('prefix-1', 0.8)])
    expect(marked.map((line) => line.match(/0\.\d{3}(?: ± 0\.\d{3})?[*+]?/)?.[0])).toEqual(['0.930 ± 0.020+', '0.940*', '0.800'])
  })

  it('does not rank what was scored in other circumstances, and averages no seeds over them', () => {
    const elsewhere = { facts: { 'score.val.data': 'e'.repeat(64) } }
    expect(lines([trained('lora-1', 0.9), trained('prefix-1', 0.8, elsewhere)]).join('\n')).not.toMatch(/\d[*+]/)
    expect(lines([seeds[0]!, trained('lora-9', 0.1, { ...elsewhere, attempt: 'lora', seed: 9 })])[0]).toMatch(
      /\(2 seeds\).* – +– /,
    )
  })

  it('has what others published under ours, never marked', () => {
    const all = lines([trained('lora-1', 0.1), trained('prefix-1', 0.2)], { published: true })
    expect(all).toHaveLength(11)
    expect(all[2]).toMatch(/^published, ViT-L\/14 +adapter 384 x 2, greedy +< 35 000 000 +– +0\.964 +0\.733 /)
    expect(all.find((line) => line.includes('LoRA rank 32'))).toMatch(/33 850 000 +– +0\.9225 +0\.719 /)
    expect(all.slice(2).join('\n')).not.toMatch(/\d[*+]/)
  })

  it('gives all digits as data', () => {
    const { reader } = recorded(seeds)
    expect(attemptFacts(attemptsOf(reader, reader.runs())[0]!)).toMatchObject({
      attempt: 'lora',
      runs: ['lora-1', 'lora-2', 'lora-3'],
      seeds: 3,
      cider: { mean: (0.91 + 0.95 + 0.93) / 3, n: 3 },
    })
  })
})

describe('texts that are not ours', () => {
  const hostile = '=HYPERLINK("x") & <script>alert(1)</script> \\end{tabular} #panic("x") | $x$'
  const table = () => {
    const { reader } = recorded([classified('p', hostile, 0.5, { attempt: '#include "/etc/passwd"' })])
    return subjectTable('prompts', attemptsOf(reader, reader.runs()))
  }

  it('are no formula in CSV', () => {
    expect(printTable(table(), 'csv')).toContain(`"'=HYPERLINK(""x"") & <script>`)
  })

  it('are no commands in LaTeX', () => {
    const tex = printTable(table(), 'tex')
    expect(tex).toContain('\\textbackslash{}end\\{tabular\\}')
    expect(tex.match(/\\end\{tabular\}/g)).toHaveLength(1)
    expect(tex).toContain('\\$x\\$')
  })

  it('are no elements in HTML', () => {
    expect(printTable(table(), 'html')).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(printTable(table(), 'html')).not.toContain('<script')
  })

  it('are no code in Typst', () => {
    expect(printTable(table(), 'typ')).toContain('"#include \\"/etc/passwd\\""')
  })
})

describe('a table of any metric by any options', () => {
  const grid = [
    ['lora-a', 4, 1e-3, 0.7],
    ['lora-b', 16, 1e-3, 0.9],
    ['lora-c', 4, 1e-4, 0.5],
    ['lora-d', 4, 1e-4, 0.8],
  ] as const
  const runs = grid.map(([id, rank, rate, cider], i) =>
    trained(id, cider, { seed: i, config: { 'peft.rank': rank, 'train.lr': rate } }),
  )
  const pivot = (options: PivotOptions) => {
    const { reader } = recorded(runs)
    return pivotOf(reader, reader.runs(), options)
  }
  const printed = (options: PivotOptions) => plain(pivotTable(pivot(options))).split('\n')

  it('sorts numbers by size, averages what falls together, leaves gaps, marks the best', () => {
    expect(printed({ rows: 'peft.rank', cols: 'train.lr', metric: 'val/cider' })).toEqual([
      'peft.rank \\ train.lr         0.0001  0.001',
      '────────────────────  ─────────────  ──────',
      '4                     0.650 ± 0.212  0.700+',
      '16                                –  0.900*',
    ])
  })

  it('shows whole numbers whole, and ranks no sizes', () => {
    expect(printed({ rows: 'peft.rank', metric: 'model.trained' }).slice(2)).toEqual([
      '4              1 000 000',
      '16             1 000 000',
    ])
  })

  it('gives all digits as data, and no gaps', () => {
    const facts = pivotFacts(pivot({ rows: 'peft.rank', cols: 'train.lr', metric: 'val/cider' }))
    expect(facts).toHaveLength(3)
    expect(facts[0]).toEqual({ 'peft.rank': '4', 'train.lr': '0.0001', metric: 'val/cider', mean: 0.65, sd: expect.closeTo(Math.sqrt(0.045)) as number, n: 2 }) // prettier-ignore
  })

  it('names what it does not know', () => {
    expect(() => printed({ rows: 'peft.rnak', metric: 'val/cider' })).toThrow(
      /^"peft.rnak": no run has this option; they have .*peft\.rank/,
    )
    expect(() => printed({ rows: 'peft.rank', metric: 'val/cidr' })).toThrow(
      /^--metric "val\/cidr": no run has it; they have .*val\/cider/,
    )
  })
})
