// Which other image's captions an image is scored against when a score must be shown to depend on the image.
import { random } from '../base/random.ts'

/** A permutation of 0 ... n-1 in which nothing keeps its place, each equally likely; the same for the same seed. Needs n >= 2. */
export function derangement(n: number, seed: number): number[] {
  if (n < 2) throw new Error(`derangement: of ${n} nothing can change places`)
  const orders = random(seed, 'derangement')
  const places = Array.from({ length: n }, (_, i) => i)
  for (;;) {
    const order = orders.shuffled(places) // about every e-th is one
    if (order.every((from, to) => from !== to)) return order
  }
}
