// Randomness enters every part as data: a generator made from a seed and a purpose. The algorithm (sfc32 seeded by FNV-1a and
// splitmix32) is part of the file formats: the built-in world is byte-identical on every machine because of it.

export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  uniform(): number
  /** Standard normal (Box-Muller; both values of a pair are used). */
  normal(): number
  /** Fills an array with `scale` times what `normal` would give, one after the other; half as long for many. */
  fillNormal(into: Float32Array, scale: number): void
  /** A whole number in [0, n). */
  below(n: number): number
  /** One of `items`; throws where there are none. */
  pick<T>(items: readonly T[]): T
  /** A new array with the items in random order (Fisher-Yates). */
  shuffled<T>(items: readonly T[]): T[]
}

/** A generator for `purpose`: `random(1, 'batches', epoch)` and `random(1, 'init')` are independent streams. */
export function random(seed: number, ...purpose: readonly (string | number)[]): Random {
  const state = sfc32(`${seed}/${purpose.join('/')}`)
  const uniform = () => next(state) / 2 ** 32
  const below = (n: number) => Math.floor(uniform() * n)
  let spare: number | undefined

  function normal(): number {
    if (spare !== undefined) {
      const value = spare
      spare = undefined
      return value
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()))
    const angle = 2 * Math.PI * uniform()
    spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }

  function fillNormal(into: Float32Array, scale: number): void {
    let i = 0
    if (spare !== undefined && into.length > 0) into[i++] = scale * normal()
    for (; i + 1 < into.length; i += 2) {
      const radius = Math.sqrt(-2 * Math.log(1 - next(state) / 2 ** 32))
      const angle = 2 * Math.PI * (next(state) / 2 ** 32)
      into[i] = scale * (radius * Math.cos(angle))
      into[i + 1] = scale * (radius * Math.sin(angle))
    }
    if (i < into.length) into[i] = scale * normal()
  }

  function pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new Error('pick: nothing to pick from')
    return items[below(items.length)] as T
  }

  function shuffled<T>(items: readonly T[]): T[] {
    const order = [...items]
    for (let i = order.length - 1; i > 0; i--) {
      const j = below(i + 1)
      ;[order[i], order[j]] = [order[j] as T, order[i] as T]
    }
    return order
  }

  return { uniform, normal, fillNormal, below, pick, shuffled }
}

/** Numbers of 32 bits each. */
interface Sfc32 {
  a: number
  b: number
  c: number
  counter: number
}

function sfc32(text: string): Sfc32 {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  const splitmix = () => {
    hash = (hash + 0x9e3779b9) | 0
    let z = hash
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return z ^ (z >>> 15)
  }
  const state = { a: splitmix(), b: splitmix(), c: splitmix(), counter: 1 }
  for (let i = 0; i < 12; i++) next(state)
  return state
}

/** The next whole number below 2^32. An object of numbers and no closure: the compiler keeps them in registers. */
function next(state: Sfc32): number {
  const sum = (((state.a + state.b) | 0) + state.counter) | 0
  state.counter = (state.counter + 1) | 0
  state.a = state.b ^ (state.b >>> 9)
  state.b = (state.c + (state.c << 3)) | 0
  state.c = (((state.c << 21) | (state.c >>> 11)) + sum) | 0
  return sum >>> 0
}
