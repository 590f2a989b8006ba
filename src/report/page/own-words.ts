// The student's Typst as HTML, as far as it is plain prose: paragraphs, lists, headings, bold, emphasis, code. A paragraph with more than
// that (formulas, functions) is shown as it was written; the PDF has it set.
import { escapeHtml } from '../../tables/html.ts'

/** HTML of what a file in text/ says; `question` stands for a placeholder. */
export function ownWords(typst: string, question: string): string {
  const prose = typst
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/^#import .*$/gm, '')
    .split(/\n\s*\n/)
    .map((block) => block.trim())
    .filter((block) => block !== '')
  return prose.map((block) => blockHtml(block, question)).join('\n')
}

function blockHtml(block: string, question: string): string {
  if (block.startsWith('#placeholder'))
    return `<p class="placeholder"><strong>To be written:</strong> ${escapeHtml(question)}</p>`
  const bare = block.replace(/(?<!`)`[^`\n]+`(?!`)/g, '')
  if (/(^|[^\\])[#$@<]|\/\*|```/.test(bare)) return `<pre><code>${escapeHtml(block)}</code></pre>`
  const heading = /^(=+)\s+(.+)$/.exec(block)
  if (heading !== null) return `<h4>${inline(heading[2]!)}</h4>`
  const lines = block.split('\n').map((line) => line.trim())
  const marker = lines.every((line) => /^-\s/.test(line))
    ? 'ul'
    : lines.every((line) => /^(\+|\d+\.)\s/.test(line))
      ? 'ol'
      : undefined
  if (marker === undefined) return `<p>${inline(lines.join(' '))}</p>`
  return `<${marker}>${lines.map((line) => `<li>${inline(line.replace(/^\S+\s/, ''))}</li>`).join('')}</${marker}>`
}

/** Code first, so that nothing inside of it is read; then bold and emphasis at the edges of words; `\*` is a star. */
function inline(text: string): string {
  const pieces = text.split(/(`[^`]+`)/)
  return pieces
    .map((piece) => (/^`[^`]+`$/.test(piece) ? `<code>${escapeHtml(piece.slice(1, -1))}</code>` : marked(piece)))
    .join('')
}

function marked(text: string): string {
  return escapeHtml(text)
    .replace(/(?<![\w\\])\*(\S(?:.*?\S)?)\*(?!\w)/g, '<strong>$1</strong>')
    .replace(/(?<![\w\\])_(\S(?:.*?\S)?)_(?!\w)/g, '<em>$1</em>')
    .replaceAll('---', '—')
    .replaceAll('--', '–')
    .replace(/\\([^\w\s])/g, '$1')
}
