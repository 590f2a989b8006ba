import { describe, expect, it } from 'vitest'
import { bad, bare, bold, withoutColour } from '../../../dashboards/style.ts'
import { apart, characters, cutTo, fitted, widthOf, wrapped } from '../../../dashboards/text.ts'

describe('styled text', () => {
  it('is measured, cut and filled by what is seen of it', () => {
    const line = `${bold('caption')} ${bad('failed')}`
    expect(widthOf(line)).toBe(14)
    expect(bare(cutTo(line, 10))).toBe('caption f…')
    expect(bare(fitted(line, 16, 'right'))).toBe('  caption failed')
    expect(cutTo(line, 14)).toBe(line)
  })

  it('ends each style that it began, wherever it is cut', () => {
    expect(cutTo(bad('failed'), 3)).toBe('\u001b[33mfa…\u001b[39m')
    expect(cutTo(`${bold('ab')}${bad('cd')}`, 2)).toBe('\u001b[1ma…\u001b[22m\u001b[33m\u001b[39m')
  })

  it('counts wide characters as two columns and never cuts one in half', () => {
    expect(bare(cutTo('模型比較', 5))).toBe('模型…')
    expect(bare(cutTo('模型比較', 4))).toBe('模…')
    expect(widthOf(fitted('模型比較', 6))).toBe(6)
    expect(characters('a模👩‍🔬')).toEqual(['a', '模', '👩‍🔬'])
  })

  it('keeps weight and loses colour where NO_COLOR is set', () => {
    expect(withoutColour(bold(bad('x')))).toBe('\u001b[1mx\u001b[22m')
  })

  it('is wrapped at spaces, and set at both ends of a line', () => {
    expect(wrapped('one two three', 7)).toEqual(['one two', 'three'])
    expect(wrapped('', 7)).toEqual([''])
    expect(apart('left', 'right', 12)).toBe('left   right')
    expect(apart('much too long', 'right', 12)).toBe('much … right')
  })
})
