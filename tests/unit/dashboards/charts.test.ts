import { describe, expect, it } from 'vitest'
import { canvas, canvasLines, dot, line } from '../../../dashboards/charts/braille.ts'
import { lineChart, type LineChart } from '../../../dashboards/charts/line-chart.ts'
import { extent, nearestPoint, pointsBefore, pyramid } from '../../../dashboards/charts/pyramid.ts'
import { scatter } from '../../../dashboards/charts/scatter.ts'
import { logTicks, numberText, ticks, type Unit } from '../../../dashboards/charts/ticks.ts'
import { bare, withoutColour } from '../../../dashboards/style.ts'
import type { Model } from '../../../dashboards/model.ts'
import { screen } from '../../../dashboards/screen.ts'
import { widthOf } from '../../../dashboards/text.ts'
import { random } from '../../../src/base/random.ts'
import { attempt, four, opened, pressed } from '../../fixtures/dashboards/attempts.ts'

const lines = (texts: readonly string[]) => texts.map((text) => bare(text).trimEnd())

function series(look: number, ys: readonly number[], xs: readonly number[] = ys.map((_, i) => i)) {
  return { look, points: pyramid(Float64Array.from(xs), Float64Array.from(ys)) }
}

function chart(more: Partial<LineChart>): LineChart {
  return {
    ...{ title: 'loss', series: [], from: 0, to: 8, xName: 'step', xUnit: 'count', yUnit: 'number', log: false },
    ...more,
  }
}

describe('a canvas of dots', () => {
  it('has two columns and four rows of dots in a character, in the order of Unicode', () => {
    const drawn = canvas(4, 1)
    const places = [[0, 0], [2, 1], [4, 2], [6, 3], [1, 0], [3, 1], [5, 2], [7, 3]] as const // prettier-ignore
    for (const [x, y] of places) dot(drawn, x, y, 0)
    expect(canvasLines(drawn, (_, text) => text)).toEqual(['⠉⠒⠤⣀'])
  })

  it('draws what lies inside of a line that leaves it', () => {
    const drawn = canvas(3, 1)
    line(drawn, -2, -2, 9, 9, 0)
    expect(canvasLines(drawn, (_, text) => text)).toEqual(['⠑⢄ '])
  })

  it('paints neighbours of one series together, the later series above the earlier', () => {
    const drawn = canvas(4, 1)
    line(drawn, 0, 0, 7, 0, 1)
    dot(drawn, 4, 3, 2)
    expect(canvasLines(drawn, (of, text) => `<${of}:${text}>`)).toEqual(['<1:⠉⠉><2:⡉><1:⠉>'])
  })
})

describe('ticks', () => {
  const texts = (low: number, high: number, most: number, unit?: Unit) => ticks(low, high, most, unit).map(({ text }) => text)

  it('are round numbers with the digits that tell them apart', () => {
    expect(texts(0, 1, 6)).toEqual(['0', '0.2', '0.4', '0.6', '0.8', '1.0'])
    expect(texts(1.083, 1.571, 5)).toEqual(['1.1', '1.2', '1.3', '1.4', '1.5'])
    expect(texts(-0.3, 0.3, 3)).toEqual(['-0.2', '0', '0.2'])
    expect(texts(0, 100_000, 6)).toEqual(['0', '20k', '40k', '60k', '80k', '100k'])
    expect(texts(0, 3e-5, 4)).toEqual(['0', '1e-5', '2e-5', '3e-5'])
    expect(texts(5.6e8, 6e8, 3, 'bytes')).toEqual(['560 MB', '580 MB', '600 MB'])
  })

  it('count whole steps, and time as clocks do', () => {
    expect(texts(1, 4, 20, 'count')).toEqual(['1', '2', '3', '4'])
    expect(texts(0, 200, 5, 'seconds')).toEqual(['0', '1 min', '2 min', '3 min'])
    expect(texts(0, 9000, 6, 'seconds')).toEqual(['0', '30 min', '1 h', '1 h 30 min', '2 h', '2 h 30 min'])
  })

  it('are never more than asked for, wherever the range lies', () => {
    const numbers = random(1, 'ticks')
    for (let i = 0; i < 2000; i++) {
      const low = numbers.normal() * 10 ** (numbers.below(12) - 6)
      const high = low + numbers.uniform() * 10 ** (numbers.below(12) - 6)
      const most = 2 + numbers.below(8)
      const found = ticks(low, high, most)
      expect(found.length).toBeLessThanOrEqual(most)
      if (high - low > 1e-9 * Math.abs(low)) expect(found.length).toBeGreaterThan(0)
      for (const { value } of found) expect(value >= low - 1e-6 * (high - low) && value <= high + 1e-6 * (high - low)).toBe(true)
    }
  })

  it('of a logarithmic axis are powers of ten, with halves and fifths where few fit', () => {
    expect(logTicks(1e-5, 1, 10).map(({ text }) => text)).toEqual(['1e-5', '1e-4', '0.001', '0.01', '0.1', '1'])
    expect(logTicks(0.9, 12, 8).map(({ text }) => text)).toEqual(['1', '2', '5', '10'])
    expect(logTicks(1.1, 1.3, 4).map(({ text }) => text)).toEqual(['1.1', '1.2', '1.3'])
    expect(logTicks(1e-300, 1e300, 5).length).toBeLessThanOrEqual(5)
  })

  it('and values by themselves have four digits that count', () => {
    expect([1.21451, 0.00132, 12345.6, 0, 8e-7, NaN, undefined, 1e9].map((value) => numberText(value))).toEqual(
      ['1.215', '0.00132', '12.35k', '0', '8e-7', 'NaN', '–', '1.000G'],
    ) // prettier-ignore
    expect([numberText(40_000, 'count'), numberText(95, 'seconds'), numberText(571e6, 'bytes')]).toEqual([
      '40 000',
      '1 min 35 s',
      '571.0 MB',
    ])
  })
})

describe('a pyramid', () => {
  it('finds the same extremes as looking at every point, gaps and infinities left out', () => {
    const numbers = random(1, 'pyramid')
    const ys = Float64Array.from({ length: 5000 }, (_, i) => (i % 97 < 20 ? NaN : i % 501 === 0 ? Infinity : numbers.normal()))
    const built = pyramid(ys.map((_, i) => i), ys) // prettier-ignore
    for (let i = 0; i < 500; i++) {
      const from = numbers.below(5000)
      const to = from + numbers.below(5001 - from)
      const finite = Array.from(ys.subarray(from, to)).filter(Number.isFinite)
      expect(extent(built, from, to)).toEqual({ low: Math.min(...finite), high: Math.max(...finite) })
    }
  })

  it('looks at few blocks of a long series', () => {
    const ys = new Float64Array(100_000)
    let reads = 0
    const counted = new Proxy(ys, {
      get: (target, key) => {
        reads++
        const value: unknown = Reflect.get(target, key, target)
        return value
      },
    })
    extent({ ...pyramid(ys, ys), ys: counted }, 5, 99_990)
    expect(reads).toBeLessThan(2 * 2 * 16)
  })

  it('finds places by x', () => {
    const { points } = series(0, [1, 2, 3], [0, 10, 20])
    expect([-1, 0, 5, 10, 21].map((x) => pointsBefore(points, x))).toEqual([0, 0, 1, 1, 3])
    expect([-1, 4, 6, 99].map((x) => nearestPoint(points, x))).toEqual([0, 0, 1, 2])
    expect(nearestPoint(series(0, []).points, 1)).toBeUndefined()
  })

  it('refuses an x without a y', () => {
    expect(() => pyramid(new Float64Array(2), new Float64Array(1))).toThrow('a series with 2 x and 1 y')
  })
})

describe('a line chart', () => {
  it('draws curves with their signs, axes and round numbers', () => {
    const rising = series(0, [0, 1, 2, 3, 4, 5, 6, 7, 8])
    const falling = series(1, [8, 7, 6, 5, 4, 3, 2, 1, 0])
    expect(lines(lineChart(chart({ series: [rising, falling] }), { columns: 40, rows: 11 }))).toMatchInlineSnapshot(`
      [
        "loss",
        "8┤▲⠤⣀                                ⣀⠤●",
        " │   ⠉▲⠢⠤⣀⣀                    ⣀⡠⠤⠔●⠉",
        "6┤         ▲⠑⠢⢄⡀          ⢀⡠⠔⠊●",
        " │             ⠈▲⠒⠤⢄⡀ ⣀⠤⠒●⠁",
        "4┤             ⢀●⠤⠔⠒⠊●▲⠢⠤▲⡀",
        "2┤         ●⡠⠔⠊⠁          ⠈⠑⠢⢄▲",
        " │   ⣀●⠔⠒⠉⠉                    ⠉⠑⠒⠢▲⣀",
        "0┤●⠒⠉                                ⠉⠒▲",
        " └┬────────┬─────────┬────────┬────────┬",
        "  0        2         4        6     step",
      ]
    `)
  })

  it('leaves gaps for what is not a number, and shows a point between two gaps', () => {
    const broken = series(2, [1, 2, NaN, 2, NaN, NaN, 1, 1, Infinity])
    expect(lines(lineChart(chart({ series: [broken] }), { columns: 30, rows: 8 }))).toMatchInlineSnapshot(`
      [
        "loss",
        "2.0┤  ⢀■     ■",
        "   │  ⡜",
        "1.5┤ ⡰⠁",
        "   │⢠⠃",
        "1.0┤⠎                  ⠤⠤⠤⠤",
        "   └┬───────────────┬─────────",
        "    0               5     step",
      ]
    `)
  })

  it('shows a series of one point, and says where there is nothing', () => {
    const size = { columns: 24, rows: 6 }
    expect(lines(lineChart(chart({ series: [series(3, [2])] }), size))).toMatchInlineSnapshot(`
      [
        "loss",
        "   │",
        "2.0┤◆",
        "   │",
        "   └┬───────────┬───────",
        "    0           5   step",
      ]
    `)
    expect(lines(lineChart(chart({}), size))).toMatchInlineSnapshot(`
      [
        "loss",
        "│",
        "│    no numbers here",
        "│",
        "└┬─────────────┬────────",
        " 0             5    step",
      ]
    `)
    expect(lines(lineChart(chart({ series: [series(3, [NaN, NaN])] }), size))[2]).toContain('no numbers here')
  })

  it('shows the highest peak of a hundred thousand points in one row of dots', () => {
    const ys = Array.from({ length: 100_000 }, (_, i) => (i === 54_321 ? 1 : 0))
    const drawn = lines(lineChart(chart({ series: [series(0, ys)], to: 100_000 }), { columns: 30, rows: 8 }))
    expect(drawn).toMatchInlineSnapshot(`
      [
        "loss",
        "1.0┤              ⡆",
        "   │              ⡇",
        "0.5┤              ⡇",
        "   │              ⡇",
        "  0┤⠤⠤⠤●⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠧●⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤",
        "   └┬────────────┬───────────┬",
        "    0           50k       step",
      ]
    `)
  })

  it('puts signs of equal values beside each other', () => {
    const equal = [0, 1, 2, 3].map((look) => series(look, [1, 2], [2, 6]))
    expect(lines(lineChart(chart({ series: equal }), { columns: 30, rows: 7 }))).toMatchInlineSnapshot(`
      [
        "loss",
        "2.0┤                 ⣀■●▲◆",
        "   │             ⣀⠤⠒⠉",
        "1.5┤         ⣀⠤⠒⠉",
        "1.0┤     ■●▲◆",
        "   └┬───────────────┬─────────",
        "    0               5     step",
      ]
    `)
  })

  it('is logarithmic over logarithms', () => {
    const ys = [1, 0.1, 0.01, 0.001, 0.0001].map(Math.log10)
    expect(lines(lineChart(chart({ series: [series(0, ys)], log: true, to: 4 }), { columns: 30, rows: 12 })))
      .toMatchInlineSnapshot(`
        [
          "loss",
          "    1┤●⢄",
          "     │  ⠉⠢⢄",
          "  0.1┤     ⠉●⣀",
          "     │        ⠑⠤⡀",
          " 0.01┤          ⠈⠒●⡀",
          "     │             ⠈⠢⢄",
          "0.001┤                ⠑●⣀",
          "     │                   ⠑⠢⣀",
          " 1e-4┤                      ⠑●",
          "     └┬───────────┬──────────┬",
          "      0           2       step",
        ]
      `)
  })

  it('tells the values under the crosshair, and where a point is that is not just there', () => {
    const both = [series(0, [1, 2, 3]), series(1, [5, 6], [0, 8]), series(2, [1], [8])]
    const drawn = lines(lineChart(chart({ series: both, crosshair: 2 }), { columns: 60, rows: 8 }))
    expect(drawn).toMatchInlineSnapshot(`
      [
        "loss  step 2:  ● 3  ▲ 5 (at 0)  ■ –",
        "6┤          ⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠒⠒⠒⠒⠒⠒⠒⠒⠒▲",
        " │▲⠉⠉⠉⠉⠉⠉⠉⠉⠉    │",
        "4┤              ●",
        "2┤      ⣀●⠤⠤⠒⠒⠉⠉│",
        " │●⠔⠒⠊⠉⠉        │                                          ■",
        " └┬─────────────┬──────────────┬─────────────┬─────────────┬",
        "  0             2              4             6          step",
      ]
    `)
  })

  it('zooms to what is in the window, with the lines that enter and leave it', () => {
    const long = series(0, [0, 10, 0, 10, 0], [0, 100, 200, 300, 400])
    expect(lines(lineChart(chart({ series: [long], from: 120, to: 180 }), { columns: 30, rows: 8 }))).toMatchInlineSnapshot(`
      [
        "loss",
        " │⠒⠤⢄⣀⡀",
        " │    ⠈⠉⠒⠢⠤⣀⣀",
        "5┤           ⠉⠑⠒⠤⢄⣀",
        " │                 ⠉⠉⠒⠢⠤⣀⡀",
        " │                       ⠈⠉⠑⠒⠤",
        " └┬────────┬────────┬────────┬",
        " 120      140      160    step",
      ]
    `)
  })

  it('keeps its size, and needs no colour', () => {
    const numbers = random(1, 'chart')
    const many = Array.from({ length: 12 }, (_, look) =>
      series(
        look,
        Array.from({ length: 300 }, () => numbers.normal()),
      ),
    )
    for (const columns of [8, 20, 41, 160])
      for (const rows of [4, 9, 30]) {
        const drawn = lineChart(chart({ series: many, to: 300, crosshair: 100 }), { columns, rows })
        expect(drawn).toHaveLength(rows)
        for (const text of drawn) expect(widthOf(text)).toBeLessThanOrEqual(columns)
        expect(drawn.map(withoutColour)).toEqual(drawn.map(bare))
      }
  })
})

describe('a scatter', () => {
  const methods = [
    { name: 'none', x: 265_216, y: 1.487 },
    { name: 'lora', x: 281_600, y: 1.487 },
    { name: 'adapter', x: 397_824, y: 1.574 },
    { name: 'prefix', x: 285_696, y: 1.498 },
  ]
  const plotted = (points: readonly { name: string; x: number; y: number }[], columns: number, rows: number) =>
    lines(
      scatter(
        { title: 'CIDEr', xName: 'trained', xUnit: 'count', yUnit: 'number', points: points.map((point, look) => ({ ...point, look })) },
        { columns, rows },
      ),
    ) // prettier-ignore

  it('writes each name where it touches nothing', () => {
    expect(plotted(methods, 60, 14)).toMatchInlineSnapshot(`
      [
        "CIDEr",
        "1.58┤",
        "    │                                          adapter ■",
        "1.56┤",
        "    │",
        "1.54┤",
        "1.52┤",
        "    │",
        "1.50┤  none     ◆ prefix",
        "    │    ●     ▲ lora",
        "1.48┤",
        "    └────────────────┬────────────────┬────────────────┬────",
        "                   300k             350k             trained",
        "",
      ]
    `)
  })

  it('lists names that find no place', () => {
    const same = Array.from({ length: 9 }, (_, i) => ({ name: `twin-${i}`, x: 1, y: 1 }))
    expect(plotted(same, 60, 8)).toMatchInlineSnapshot(`
      [
        "CIDEr",
        "1.5┤",
        "   │                         twin-2",
        "1.0┤                     twin-1 + twin-0",
        "0.5┤                         twin-3",
        "   └────────────────────────────┬───────────────────────────",
        "                                1                    trained",
        "○ twin-4  △ twin-5  □ twin-6  ◇ twin-7  + twin-8",
      ]
    `)
  })

  it('leaves out what has no number, and stands empty without any', () => {
    expect(plotted([{ name: 'unscored', x: 5, y: NaN }], 30, 7).join('')).not.toContain('unscored')
    expect(plotted([], 30, 7)).toHaveLength(7)
  })

  it('makes names harmless and lists those that are wider than their letters', () => {
    expect(plotted([{ name: '\u001b[2Jbad', x: 1, y: 1 }], 30, 8).join('\n')).toContain('�[2Jbad')
    expect(plotted([{ name: '模型', x: 1, y: 1 }], 30, 8).at(-1)).toBe('● 模型')
  })
})

describe('the comparison', () => {
  const frame = (model: Model) => `${screen(model).map((text) => bare(text).trimEnd()).join('\n')}\n` // prettier-ignore

  it('draws scores against what was trained, against time, and is a table again', async () => {
    const model = pressed(opened(four), 's')
    await expect(frame(model)).toMatchFileSnapshot('frames/scatter-80x24.txt')
    expect(frame(pressed(model, 's'))).toContain('CIDEr against time')
    expect(frame(pressed(model, 's', 's'))).toBe(frame(opened(four)))
  })

  it('says where points are missing or cannot be compared', () => {
    const odd = [
      attempt('lora', { circumstances: 'images=5', run: { id: 'odd' } }),
      ...four.slice(1),
      attempt('prefix', { cider: undefined, run: { id: 'new' } }),
    ]
    const model = { ...opened(odd), picked: odd.map(({ run }) => run.id) }
    expect(frame(pressed(model, 's'))).toContain(
      'CIDEr against trained parameters · not all scored alike · 1 without numbers yet',
    )
  })
})
