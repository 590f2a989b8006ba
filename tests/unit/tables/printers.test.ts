import { describe, expect, it } from 'vitest'
import { csv } from '../../../src/tables/csv.ts'
import { json } from '../../../src/tables/json.ts'
import { latex } from '../../../src/tables/latex.ts'
import { plain } from '../../../src/tables/plain.ts'
import { html } from '../../../src/tables/html.ts'
import { markdown } from '../../../src/tables/markdown.ts'
import { printTable } from '../../../src/tables/print.ts'
import { tableFormats } from '../../../src/tables/table-formats.ts'
import { cell, type Table } from '../../../src/tables/table.ts'
import { typst } from '../../../src/tables/typst.ts'

const results: Table = {
  columns: [
    { title: 'attempt' },
    { title: 'CIDEr', align: 'right' },
    { title: 'time', unit: 's', align: 'right' },
    { title: 'state', align: 'center' },
  ],
  rows: [
    [cell('lora-r8'), cell('0.812', 'best'), cell('61'), cell('finished')],
    [cell('adapter'), cell('0.790', 'second'), cell('128'), cell('finished')],
    [cell('none'), cell('0.55'), cell(undefined), cell('failed')],
  ],
}

const awkward = (text: string): Table => ({
  columns: [{ title: 'a' }, { title: 'b', align: 'right' }],
  rows: [[cell(text), cell('1')]],
})

describe('a plain table', () => {
  it('stands in straight columns, marks included', () => {
    expect(plain(results)).toBe(
      [
        'attempt  CIDEr   time (s)   state',
        '───────  ──────  ────────  ────────',
        'lora-r8  0.812*        61  finished',
        'adapter  0.790+       128  finished',
        'none      0.55          –   failed',
      ].join('\n'),
    )
  })

  it('counts two columns for wide characters and emoji, none for accents', () => {
    const table: Table = {
      columns: [{ title: 'name' }, { title: 'n', align: 'right' }],
      rows: [
        [cell('日本'), cell('1')],
        [cell('e\u0301te\u0301'), cell('2')],
        [cell('👍🏽'), cell('3')],
      ],
    }
    expect(plain(table)).toBe('name  n\n────  ─\n日本  1\ne\u0301te\u0301   2\n👍🏽    3')
  })

  it('prints control characters, escapes and changes of direction as harmless signs', () => {
    expect(plain(awkward('a\u001b[31mred\u0007\u202eb\tc\nd'))).toBe(
      'a                 b\n────────────────  ─\na\ufffd[31mred\ufffd\ufffdb c d  1',
    )
  })

  it('cuts the widest texts to fit a narrow terminal', () => {
    expect(plain(awkward('a long name of an attempt 日本'), { width: 14 })).toBe('a            b\n───────────  ─\na long nam…  1')
    expect(plain(awkward('日本日本日本'), { width: 9 })).toBe('a       b\n──────  ─\n日本…   1')
  })

  it('of no rows is its head', () => {
    expect(plain({ columns: [{ title: 'a' }], rows: [] })).toBe('a\n─')
  })
})

describe('a Markdown table', () => {
  it('has bold and italic marks and aligned columns', () => {
    expect(markdown(results)).toBe(
      [
        '| attempt | CIDEr | time (s) | state |',
        '| :--- | ---: | ---: | :---: |',
        '| lora-r8 | **0.812** | 61 | finished |',
        '| adapter | *0.790* | 128 | finished |',
        '| none | 0.55 | – | failed |',
      ].join('\n'),
    )
  })

  it('makes Markdown and HTML inside texts plain', () => {
    expect(markdown(awkward('a|b *c* _d_ `e` <script> [f](g)\nh &lt; ~i~ \\'))).toBe(
      '| a | b |\n| :--- | ---: |\n| a\\|b \\*c\\* \\_d\\_ \\`e\\` &lt;script> \\[f\\](g) h &amp;lt; \\~i\\~ \\\\ | 1 |',
    )
  })
})

describe('a LaTeX table', () => {
  it('is a booktabs tabular, ready to paste', () => {
    expect(latex(results)).toBe(
      [
        '\\begin{tabular}{lrrc}',
        '\\toprule',
        'attempt & CIDEr & time (s) & state \\\\',
        '\\midrule',
        'lora-r8 & \\textbf{0.812} & 61 & finished \\\\',
        'adapter & \\underline{0.790} & 128 & finished \\\\',
        'none & 0.55 & -- & failed \\\\',
        '\\bottomrule',
        '\\end{tabular}',
      ].join('\n'),
    )
  })

  it('escapes all that LaTeX reads as a command', () => {
    expect(latex(awkward('50% & $5 #1 a_b {c} \\d ~e ^f "g" <h> |i| 0.8 ± 0.1\n[j]'))).toContain(
      "50\\% \\& \\$5 \\#1 a\\_b \\{c\\} \\textbackslash{}d \\textasciitilde{}e \\textasciicircum{}f ''g'' " +
        '\\textless{}h\\textgreater{} \\textbar{}i\\textbar{} 0.8 $\\pm$ 0.1 {[}j] & 1 \\\\',
    )
  })
})

describe('a CSV table', () => {
  it('ends its lines with CR LF', () => {
    expect(csv(results)).toBe(
      'attempt,CIDEr,time (s),state\r\nlora-r8,0.812,61,finished\r\nadapter,0.790,128,finished\r\nnone,0.55,–,failed\r\n',
    )
  })

  it.each([
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\nlines', '"two\nlines"'],
    [' space', '" space"'],
    ['=1+1', "'=1+1"],
    ['+cmd|calc', "'+cmd|calc"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['-x', "'-x"],
    ['\t=1', "'\t=1"],
    ['-0.5', '-0.5'],
    ['+1e-3', '+1e-3'],
    ['-1+1', "'-1+1"],
  ])('writes %j as %s', (text, field) => {
    expect(csv(awkward(text))).toBe(`a,b\r\n${field},1\r\n`)
  })
})

describe('an HTML table', () => {
  it('marks with strong and u, and escapes', () => {
    expect(html(results)).toBe(
      [
        '<table>',
        '<thead><tr><th>attempt</th><th style="text-align: right">CIDEr</th><th style="text-align: right">time (s)</th><th style="text-align: center">state</th></tr></thead>',
        '<tbody>',
        '<tr><td>lora-r8</td><td style="text-align: right"><strong>0.812</strong></td><td style="text-align: right">61</td><td style="text-align: center">finished</td></tr>',
        '<tr><td>adapter</td><td style="text-align: right"><u>0.790</u></td><td style="text-align: right">128</td><td style="text-align: center">finished</td></tr>',
        '<tr><td>none</td><td style="text-align: right">0.55</td><td style="text-align: right">–</td><td style="text-align: center">failed</td></tr>',
        '</tbody>',
        '</table>',
      ].join('\n'),
    )
    expect(html(awkward(`<b a="1" c='2'>&amp;`))).toContain('<td>&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;</td>')
  })
})

describe('a Typst table', () => {
  it('is a call whose texts are strings', () => {
    expect(typst(results)).toBe(
      [
        '#table(',
        '  columns: 4,',
        '  align: (left, right, right, center,),',
        '  table.header("attempt", "CIDEr", "time (s)", "state"),',
        '  "lora-r8", strong("0.812"), "61", "finished",',
        '  "adapter", underline("0.790"), "128", "finished",',
        '  "none", "0.55", "–", "failed",',
        ')',
      ].join('\n'),
    )
    expect(typst(awkward('#a "b" \\c *d*\n'))).toContain('  "#a \\"b\\" \\\\c *d*\\u{a}", "1",')
  })
})

describe('a JSON table', () => {
  it('is an object for each row', () => {
    expect(JSON.parse(json(results))).toEqual([
      { attempt: 'lora-r8', CIDEr: '0.812', 'time (s)': '61', state: 'finished' },
      { attempt: 'adapter', CIDEr: '0.790', 'time (s)': '128', state: 'finished' },
      { attempt: 'none', CIDEr: '0.55', 'time (s)': '–', state: 'failed' },
    ])
  })

  it('needs headings that differ', () => {
    expect(() => json({ columns: [{ title: 'a' }, { title: 'a' }], rows: [] })).toThrow(
      'two columns have the same heading (a, a)',
    )
  })
})

describe('every format', () => {
  it('is printed by its name and ends with a line break', () => {
    expect(tableFormats).toEqual(['plain', 'md', 'tex', 'csv', 'html', 'typ', 'json'])
    for (const format of tableFormats) expect(printTable(results, format)).toMatch(/[^\n]\n$/)
  })

  it('refuses rows that do not fit the head', () => {
    const crooked: Table = { columns: [{ title: 'a' }], rows: [[cell('1'), cell('2')]] }
    for (const format of tableFormats) expect(() => printTable(crooked, format)).toThrow('row 0 has 2 cells for 1 columns')
  })
})
