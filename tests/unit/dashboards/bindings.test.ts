import { describe, expect, it } from 'vitest'
import { screen } from '../../../dashboards/screen.ts'
import { bare } from '../../../dashboards/style.ts'
import { bindings, views } from '../../../dashboards/views/views.ts'
import { four, opened, pressed } from '../../fixtures/dashboards/attempts.ts'

describe('the bindings', () => {
  it.each(['everywhere', ...views.map(({ name }) => name)])('of %s share no key', (scope) => {
    const keys = bindings.filter((binding) => binding.scope === scope).flatMap((binding) => binding.keys)
    expect(keys).toEqual([...new Set(keys)])
  })

  it('never take over a key of everywhere, so that help means the same in each view', () => {
    const everywhere = bindings.filter(({ scope }) => scope === 'everywhere').flatMap(({ keys }) => keys)
    const own = bindings
      .filter(({ scope }) => scope !== 'everywhere')
      .flatMap(({ keys, scope }) => keys.map((key) => ({ key, scope })))
    expect(own.filter(({ key }) => everywhere.includes(key))).toEqual([])
  })

  it('are all in the help of their view', () => {
    for (const { name, key } of views) {
      const help = pressed(opened(four, { columns: 120, rows: 80 }), key, '?')
      const lines = screen(help).map(bare).join('\n')
      for (const { about, scope } of bindings)
        if (scope === name || scope === 'everywhere') expect(lines).toContain(` ${about}\n`)
    }
  })

  it('take any key of any view without failing, whatever there is to see', () => {
    for (const attempts of [[], four])
      for (const { key: open } of views)
        for (const { keys } of bindings)
          for (const key of keys) expect(() => screen(pressed(opened(attempts), open, key))).not.toThrow()
  })
})
