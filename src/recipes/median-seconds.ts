// How long a piece of work takes: short measurements that stand for longer ones.

/** The median of three times, after one that does not count. */
export async function medianSeconds(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < 4; i++) {
    const began = performance.now()
    await work()
    times.push((performance.now() - began) / 1000)
  }
  return times.slice(1).sort((a, b) => a - b)[1]!
}
