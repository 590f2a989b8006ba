// The smallest and largest value of any stretch of a long series in a few steps: minima and maxima of blocks of 16 points, of 16 such
// blocks, and so on. Built once; a chart of any width and zoom then asks for one stretch for each column of dots.

export interface Pyramid {
  /** Ascending. */
  readonly xs: Float64Array
  /** What is not finite is a gap. */
  readonly ys: Float64Array
  readonly levels: readonly Level[]
}

interface Level {
  /** Points of one block. */
  readonly size: number
  /** Infinity and -Infinity for a block without a finite value. */
  readonly low: Float64Array
  readonly high: Float64Array
}

const fanOut = 16

/** Throws where there is not one y for each x. */
export function pyramid(xs: Float64Array, ys: Float64Array): Pyramid {
  if (xs.length !== ys.length) throw new Error(`a series with ${xs.length} x and ${ys.length} y`)
  const levels: Level[] = []
  let level: Level = { size: 1, low: ys, high: ys }
  while (level.low.length > fanOut) levels.push((level = above(level)))
  return { xs, ys, levels: levels.reverse() }
}

/** The next coarser level. Comparisons with NaN are false, and so leave it out; infinities are gaps too. */
function above({ size, low, high }: Level): Level {
  const count = Math.ceil(low.length / fanOut)
  const [lows, highs] = [new Float64Array(count), new Float64Array(count)]
  for (let block = 0, i = 0; block < count; block++) {
    let [least, most] = [Infinity, -Infinity]
    for (const end = Math.min(low.length, i + fanOut); i < end; i++) {
      if (low[i]! < least && low[i]! > -Infinity) least = low[i]!
      if (high[i]! > most && high[i]! < Infinity) most = high[i]!
    }
    lows[block] = least
    highs[block] = most
  }
  return { size: size * fanOut, low: lows, high: highs }
}

export interface Extent {
  readonly low: number
  readonly high: number
}

/** The smallest and largest finite value of the points `from` to `to` (excluded); low > high where there is none. */
export function extent({ ys, levels }: Pyramid, from: number, to: number): Extent {
  let [low, high] = [Infinity, -Infinity]
  for (let i = from; i < to;) {
    let coarse = 0 // the coarsest level that has a block from here on and not beyond the end
    while (coarse < levels.length && (i % levels[coarse]!.size !== 0 || i + levels[coarse]!.size > to)) coarse++
    const level = levels[coarse]
    const size = level?.size ?? 1
    const least = level === undefined ? ys[i]! : level.low[i / size]!
    const most = level === undefined ? ys[i]! : level.high[i / size]!
    if (least < low && least > -Infinity) low = least
    if (most > high && most < Infinity) high = most
    i += size
  }
  return { low, high }
}

/** How many points lie before `x`: the index of the first at or behind it. */
export function pointsBefore({ xs }: Pick<Pyramid, 'xs'>, x: number): number {
  let [from, to] = [0, xs.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if (xs[middle]! < x) from = middle + 1
    else to = middle
  }
  return from
}

/** The index of the point nearest to `x`; undefined in an empty series. */
export function nearestPoint({ xs }: Pick<Pyramid, 'xs'>, x: number): number | undefined {
  if (xs.length === 0) return undefined
  const after = Math.min(xs.length - 1, pointsBefore({ xs }, x))
  return after > 0 && x - xs[after - 1]! <= xs[after]! - x ? after - 1 : after
}
