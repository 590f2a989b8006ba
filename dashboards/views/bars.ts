// Small pictures of numbers that fit into a cell.

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']
const heights = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']

/** A bar of `width` columns, filled for a share from 0 to 1; what is more than 1 is a full bar that ends in `!`. */
export function gauge(share: number, width: number): string {
  if (share > 1) return `${'█'.repeat(width - 1)}!`
  const filled = Math.round(share * width * 8)
  const bar = '█'.repeat(Math.floor(filled / 8)) + (eighths[filled % 8] ?? '')
  return bar.padEnd(width, '·')
}

/** The course of numbers in `width` columns, each the mean of its part; a gap where there is no number. */
export function sparkline(values: readonly number[], width: number): string {
  const columns = Math.min(width, values.length)
  const parts = Array.from({ length: columns }, (_, i) =>
    meanOf(values.slice(Math.floor((i * values.length) / columns), Math.floor(((i + 1) * values.length) / columns))),
  )
  const known = parts.filter((value) => !Number.isNaN(value))
  const [low, high] = [Math.min(...known), Math.max(...known)]
  return parts.map((value) => (Number.isNaN(value) ? ' ' : heights[level(value, low, high)]!)).join('')
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function level(value: number, low: number, high: number): number {
  return high === low ? 3 : Math.min(7, Math.floor(((value - low) / (high - low)) * 8))
}
