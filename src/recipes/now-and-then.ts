/** Does `work` when it is called, but not again before `every` milliseconds have passed since it was last done (or since now). */
export function nowAndThen(work: () => void, every = 5000): () => void {
  let last = performance.now()
  return () => {
    if (performance.now() - last < every) return
    work()
    last = performance.now()
  }
}
