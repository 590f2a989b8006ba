// A caption whose words show where they looked: the photograph under a canvas, and a button for each word.
import type { AttendedCaption } from '../../checkpoint/attention-file.ts'
import { heatColour } from '../../images/heat-map.ts'
import { percent } from '../../tables/format.ts'
import { escapeHtml } from '../../tables/html.ts'
import { choiceText, usualChoice, wordMaps, type WordMap } from '../../checkpoint/attention-maps.ts'

const shades = 32

/** The panel; `photo` is the photograph's data URI. page.js brings it to life. */
export function attentionPanel(attended: AttendedCaption, photo: string): string {
  const maps = wordMaps(attended, usualChoice)
  const [rows, columns] = attended.grid
  const [width, height] = attended.size as [number, number]
  const crop = attended.crop.map((value, i) => value / (i % 2 === 0 ? width : height))
  const colours = Array.from({ length: shades }, (_, i) => heatColour(i / (shades - 1)).map(Math.round))
  const about = `${attended.image}; ${choiceText(attended, usualChoice)}; ${attended.decoding}`
  return [
    `<figure class="attention" data-layout="${escapeHtml(JSON.stringify({ rows, columns, crop, colours }))}">`,
    '<div class="row">',
    `<div class="view"><img src="${photo}" alt="${escapeHtml(attended.image)}"><canvas aria-hidden="true"></canvas></div>`,
    '<div class="said">',
    `<div class="words" role="group" aria-label="${escapeHtml(`words of the caption: ${attended.caption}`)}">`,
    ...maps.map(wordButton),
    '</div>',
    '<p class="seen pale" role="status"></p>',
    `<p class="pale">${escapeHtml(about)}</p>`,
    '</div>',
    '</div>',
    '</figure>',
  ].join('\n')
}

function wordButton({ word, map, classToken }: WordMap): string {
  const peak = Math.max(...map.values)
  const bytes = Uint8Array.from(map.values, (value) => (peak > 0 ? Math.round((255 * value) / peak) : 0))
  const note = `largest weight on a patch ${percent(peak)}${classToken === undefined ? '' : `, on the class token ${percent(classToken)}`}`
  return `<button type="button" aria-pressed="false" data-map="${Buffer.from(bytes).toString('base64')}" data-note="${escapeHtml(note)}">${escapeHtml(word)}</button>`
}
