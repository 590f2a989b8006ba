import { describe, expect, it } from 'vitest'
import type { Effect, Model } from '../../../dashboards/model.ts'
import { screen } from '../../../dashboards/screen.ts'
import { bare } from '../../../dashboards/style.ts'
import { needsOf, update } from '../../../dashboards/update.ts'
import { comparedAttempts } from '../../../dashboards/views/compared-attempts.ts'
import { shownRows } from '../../../dashboards/views/runs-rows.ts'
import { attempt, four, noon, opened, pressed, told, typing } from '../../fixtures/dashboards/attempts.ts'

const runs = (...keys: readonly string[]) => pressed(opened(four), '2', ...keys)
const names = (model: Model) => shownRows(model).rows.map(({ attempt: { run } }) => run.attempt)
const effectsOf = (model: Model, key: string) => update(model, { tell: 'key', key }).effects

describe('the table of runs', () => {
  it('sorts by the column with the cursor, both ways, and back to the newest first', () => {
    const atCider = ['right', 'right', 'right']
    expect(names(runs(...atCider, ']'))).toEqual(['adapter', 'prefix', 'lora', 'none'])
    expect(names(runs(...atCider, '['))).toEqual(['lora', 'none', 'prefix', 'adapter'])
    expect(names(runs(...atCider, ']', ']'))).toEqual(['prefix', 'adapter', 'lora', 'none'])
  })

  it('keeps rows without the number last, whichever way', () => {
    const model = opened([attempt('queued', { cider: undefined }), ...four])
    const atCider = ['2', 'right', 'right', 'right']
    expect(names(pressed(model, ...atCider, ']')).at(-1)).toBe('queued')
    expect(names(pressed(model, ...atCider, '[')).at(-1)).toBe('queued')
  })

  it('filters while one types; enter keeps the filter, escape puts the one before back', () => {
    const typed = runs('/', ...typing('cider>1.49'))
    expect(names(typed)).toEqual(['prefix', 'adapter'])
    expect(names(pressed(typed, 'enter'))).toEqual(['prefix', 'adapter'])
    expect(names(pressed(typed, 'esc'))).toHaveLength(4)
    expect(names(pressed(typed, 'enter', '/', 'ctrl+u', ...typing('lora'), 'esc'))).toEqual(['prefix', 'adapter'])
    expect(names(pressed(typed, 'ctrl+w', ...typing('none')))).toEqual(['none'])
  })

  it('hides columns, never the first, and brings them back', () => {
    const hidden = runs('right', '-')
    expect(bare(screen(hidden)[2]!)).not.toContain('state')
    expect(bare(screen(pressed(hidden, '+'))[2]!)).toContain('state')
    expect(bare(screen(runs('-'))[2]!)).toContain('run')
  })

  it('keeps the cursor on its run when others come and go', () => {
    const before = runs('j')
    const after = told(before, { tell: 'attempts', changed: [attempt('new', { run: { created: Date.UTC(2030, 1) } })], gone: [four[0]!.run.id], waiting: 0 }) // prettier-ignore
    expect(names(after)).toEqual(['new', 'adapter', 'lora', 'none'])
    expect(screen(after).map(bare).at(-2)).toContain(four[1]!.run.id)
  })

  it("shows scores less the baseline's", () => {
    const lines = screen(runs('d')).map(bare)
    expect(lines.find((line) => line.includes('adapter'))).toContain('+0.087*')
    expect(lines.find((line) => line.startsWith('   none'))).toContain('1.487')
  })
})

describe('the comparison', () => {
  it('shows the runs that were picked, and the default ones again', () => {
    const picked = runs('space', 'space', '*')
    expect(picked.view).toBe('compare')
    expect(comparedAttempts(picked).map(({ run }) => run.attempt)).toEqual(['prefix', 'adapter'])
    expect(comparedAttempts(pressed(picked, '0'))).toHaveLength(4)
    expect(comparedAttempts(pressed(picked, 'right', 'x')).map(({ run }) => run.attempt)).toEqual(['prefix'])
  })

  it('shows the options that differ, or with = all of them', () => {
    const shown = (model: Model) => screen(model).map(bare).join('\n')
    const large = told(opened(four), { tell: 'size', size: { columns: 120, rows: 60 } })
    expect(shown(large)).toContain('peft.rank')
    expect(shown(large)).not.toContain('train.lr')
    expect(shown(pressed(large, '='))).toContain('train.lr')
    expect(shown(pressed(large, '=', '='))).toBe(shown(large))
  })

  it('hands what it shows to the table of runs, to be changed there', () => {
    const picking = pressed(opened(four), '*')
    expect(picking.view).toBe('runs')
    expect(picking.picked).toHaveLength(4)
    expect(comparedAttempts(pressed(picking, 'g', 'space', '*')).map(({ run }) => run.attempt)).toEqual([
      'none',
      'lora',
      'adapter',
    ])
  })
})

describe('actions', () => {
  it('ask before they stop or remove, and do nothing on no', () => {
    const live = attempt('lora', { run: { state: 'running' } })
    const asking = pressed(opened([live]), 'K')
    expect(bare(screen(asking).at(-1)!)).toBe(`Stop ${live.run.id}? It saves first and can go on later. (y/n)`)
    expect(effectsOf(asking, 'y')).toEqual([{ effect: 'act', action: { act: 'stop', runs: [live.run.id] } }])
    expect(effectsOf(asking, 'n')).toEqual([])
    expect(effectsOf(opened(four), 'K')).toEqual([])
    const removing = runs('space', 'space', 'D')
    expect(effectsOf(removing, 'y')).toEqual([{ effect: 'act', action: { act: 'hide', runs: four.slice(0, 2).map(({ run }) => run.id), on: true } }]) // prettier-ignore
  })

  it('are taken back by u, the last first', () => {
    const marked = pressed(opened(four), 'b', 't', ...typing('final'), 'enter')
    const id = four.at(-1)!.run.id
    const back = update(marked, { tell: 'key', key: 'u' })
    expect(back.effects).toEqual([{ effect: 'act', action: { act: 'tag', runs: [id], tag: 'final', on: false } }])
    expect(effectsOf(back.model, 'u')).toEqual([{ effect: 'act', action: { act: 'baseline', run: id, on: false } }])
    expect(bare(screen(pressed(back.model, 'u', 'u')).at(-1)!)).toBe('There is nothing to undo.')
  })

  it('give the baseline back to the run that had it', () => {
    const had = attempt('old', { run: { baseline: 1 } })
    const model = pressed(opened([...four, had]), '2', 'b')
    expect(effectsOf(model, 'u')).toEqual([{ effect: 'act', action: { act: 'baseline', run: had.run.id, on: true } }])
  })

  it('rename, note and untag the run at the cursor', () => {
    const tagged = opened([attempt('lora', { tags: ['final'] })])
    const run = 'shapes-lora-s1-0000abcd'
    expect(effectsOf(pressed(tagged, 't', ...typing('final')), 'enter')).toEqual([{ effect: 'act', action: { act: 'tag', runs: [run], tag: 'final', on: false } }]) // prettier-ignore
    expect(effectsOf(pressed(tagged, 'i', ...typing('good one')), 'enter')).toEqual([{ effect: 'act', action: { act: 'note', run, text: 'good one' } }]) // prettier-ignore
    expect(effectsOf(pressed(tagged, 'R', 'ctrl+u', ...typing('best')), 'enter')).toEqual([{ effect: 'act', action: { act: 'rename', run, name: 'best' } }]) // prettier-ignore
  })

  it('write the view in the format of the ending', () => {
    const write = (path: string) =>
      update(pressed(opened(four), 'ctrl+s', 'ctrl+u', ...typing(path)), { tell: 'key', key: 'enter' })
    const [effect] = write('out/compare.tex').effects
    expect(effect).toMatchObject({
      effect: 'save',
      path: 'out/compare.tex',
      text: expect.stringContaining('\\textbf{1.574}') as string,
    })
    expect(write('compare.md').effects[0]).toMatchObject({ text: expect.stringContaining('**1.574**') as string })
    expect(write('compare.csv').effects[0]).toMatchObject({
      text: expect.stringContaining('CIDEr,1.487,1.487,1.574,1.498') as string,
    })
    expect(write('compare.xyz').effects).toEqual([])
    expect(bare(screen(write('compare.png').model).at(-1)!)).toBe("Compare shows no chart now; a table's ending is needed.")
    expect(bare(screen(write('compare.xyz').model).at(-1)!)).toMatch(/^compare\.xyz: the ending must be one of md, tex, csv, /)
  })

  it('write a chart as a picture, every attempt by its sign and name', () => {
    const writing = pressed(opened([attempt('lora', { run: { id: 'lora-2', created: noon, name: 'a < b & "c"' } }), ...four]), 's', 'ctrl+s', 'ctrl+u', ...typing('cost.svg')) // prettier-ignore
    const [effect] = update(writing, { tell: 'key', key: 'enter' }).effects
    expect(effect).toMatchObject({ effect: 'draw', path: 'cost.svg' })
    const { svg } = effect as Extract<Effect, { effect: 'draw' }>
    expect(svg).toMatch(/^<svg [^]*>CIDEr against trained parameters<[^]*<\/svg>\n$/)
    expect(svg.match(/fill="#56b4e9"/g)).toHaveLength(2) // the first attempt in the chart and below it
    expect(svg).toContain('>a &lt; b &amp; &quot;c&quot;<')
  })

  it('copy the id, and leave', () => {
    expect(effectsOf(opened(four), 'Y')).toEqual([{ effect: 'copy', text: 'shapes-none-s1-0000abcd' }])
    expect(effectsOf(opened(four), 'q')).toEqual([{ effect: 'quit' }])
    expect(effectsOf(runs('/'), 'q')).toEqual([])
    expect(effectsOf(runs('/'), 'ctrl+c')).toEqual([{ effect: 'quit' }])
  })
})

describe('the palette', () => {
  const palette = (...keys: readonly string[]) => pressed(opened(four), '2', ':', ...keys)
  const lines = (model: Model) => screen(model).map((line) => bare(line).trim())

  it('finds what can be done in the view by any of its words, and does it', () => {
    const found = palette(...typing('sort small'))
    expect(lines(found).slice(1, 3)).toEqual(['[          sort by this column, smallest first', ''])
    expect(pressed(found, 'enter').runs.sort).toEqual({ column: 'run', down: false })
    expect(effectsOf(palette(...typing('copy')), 'enter')).toEqual([{ effect: 'copy', text: four[0]!.run.id }])
    expect(pressed(palette(...typing('open')), 'down', 'down', 'enter').view).toBe('curves')
  })

  it('shows everything before something is typed, says where nothing fits, and goes away', () => {
    expect(lines(palette())).toContain('S          seeds of an attempt in one row, mean ± sd (n/N)')
    expect(lines(palette(...typing('crosshair')))[2]).toBe('Nothing is called so here.')
    expect(pressed(palette(...typing('x')), 'enter', 'j').dialog).toBeUndefined()
    expect(palette('esc').dialog).toBeUndefined()
  })
})

describe('the log', () => {
  const lines = Array.from({ length: 60 }, (_, i) => ({ at: i, level: 'info' as const, text: i % 20 === 7 ? `line ${i} Error` : `line ${i}` }))
  const reading = pressed(opened(four), '6')
  const log = told(reading, { tell: 'answer', need: needsOf(reading)[0]!, answer: { lines, output: [], notes: [], facts: [] } })
  const marked = (model: Model) => screen(model).map(bare).filter((line) => line.startsWith('>')) // prettier-ignore

  it('is searched from its end, line by line, round and round', () => {
    const found = pressed(log, '/', ...typing('error'), 'enter')
    expect(bare(screen(found)[3]!)).toMatch(/^── \/error: 3 lines ─+$/)
    expect(marked(found)[0]).toContain('line 47')
    expect(marked(pressed(found, 'N'))[0]).toContain('line 27')
    expect(marked(pressed(found, 'n'))[0]).toContain('line 7 ')
    expect(marked(pressed(found, 'N', 'N', 'N'))[0]).toContain('line 47')
    expect(marked(pressed(found, '/', ...typing('x')))).toEqual([])
  })

  it('scrolls no further than it goes', () => {
    expect(screen(pressed(log, 'g', 'k', 'k')).map(bare).join()).toContain('line 0,')
    expect(pressed(log, 'g', 'G').log.scroll).toBe(0)
  })
}) // prettier-ignore
