// Keeps one item ahead: the next batch is read while the engine works on the current one.

/**
 * Makes each item in order, one ahead of the consumer. Making begins once the consumer has had its turn to start work on the item
 * before, so that synchronous reading overlaps with an engine that computes in threads of its own.
 */
export async function* prefetch<Item, Made>(
  items: Iterable<Item>,
  make: (item: Item) => Promise<Made> | Made,
): AsyncGenerator<Made, void, undefined> {
  const [first, ...rest] = items
  if (first === undefined) return
  let ahead: Promise<Made> = Promise.resolve(make(first))
  try {
    for (const item of rest) {
      const made = await ahead
      ahead = consumersTurn().then(() => make(item))
      ahead.catch(() => undefined) // thrown below, where it is awaited
      yield made
    }
    yield await ahead
  } finally {
    await Promise.allSettled([ahead]) // a consumer that leaves early may go on to close what `make` reads
  }
}

function consumersTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
