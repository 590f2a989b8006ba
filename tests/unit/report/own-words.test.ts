import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sections } from '../../../src/report/course.ts'
import { ownTexts } from '../../../src/report/document/own-texts.ts'
import { ownWords } from '../../../src/report/page/own-words.ts'
import { temporaryFolder } from '../../fixtures/tracking/temporary.ts'

describe("the student's texts", () => {
  it('are made once, with the question in them, and never written again', () => {
    const folder = temporaryFolder()
    const made = ownTexts(folder)
    expect(made).toHaveLength(sections.length)
    expect(made.every(({ unwritten }) => unwritten)).toBe(true)
    const path = join(folder, made[0]!.path)
    expect(readFileSync(path, 'utf8')).toContain(sections[0]!.text.question)
    writeFileSync(path, 'Because of the data.')
    expect(ownTexts(folder)[0]).toMatchObject({ content: 'Because of the data.', unwritten: false })
    expect(readFileSync(path, 'utf8')).toBe('Because of the data.')
  })
})

describe('their prose as HTML', () => {
  const html = (typst: string) => ownWords(typst, 'Why?')

  it('has paragraphs, bold, emphasis, code and lists', () => {
    expect(html('// a note\n#import "../style.typ": placeholder\n\nIt *is* so,\nand _very_ much `a < b`.\n\n- one\n- two')).toBe(
      '<p>It <strong>is</strong> so, and <em>very</em> much <code>a &lt; b</code>.</p>\n<ul><li>one</li><li>two</li></ul>',
    )
    expect(html('= Title\n\n+ first\n+ second')).toBe('<h4>Title</h4>\n<ol><li>first</li><li>second</li></ol>')
    expect(html('2*3*4 a_b_c -- \\*')).toBe('<p>2*3*4 a_b_c – *</p>')
  })

  it('shows the question for a placeholder', () => {
    expect(html('#placeholder("Why?")')).toBe('<p class="placeholder"><strong>To be written:</strong> Why?</p>')
  })

  it('shows formulas and functions as they were written, and nothing as an element', () => {
    expect(html('With $x < y$ #link("javascript:alert(1)")[here]')).toMatch(/^<pre><code>With \$x &lt; y\$ #link/)
    expect(html('<script>alert(1)</script>')).not.toContain('<script')
    expect(html('*<img src=x>*')).not.toContain('<img')
    expect(html('`</code><script>`')).not.toContain('<script')
  })
})
