// Columns that a text takes in a terminal: East Asian wide characters and emoji take two, combining ones none.

const segmenter = new Intl.Segmenter()

export function stringWidth(text: string): number {
  let width = 0
  for (const { segment } of segmenter.segment(text)) width += isWide(segment) ? 2 : 1
  return width
}

const wide = /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}])/u

function isWide(cluster: string): boolean {
  return wide.test(cluster) || cluster.includes('\ufe0f')
}
