// Memory shared by the training thread and the writer's thread: logging a number is a few stores into it, which the writer collects
// even while a step keeps the training thread busy. One producer, one consumer.

const capacity = 1 << 14 // points; a power of two, so that counters may wrap around
const fields = 4 // id of the metric's name, step, value, time

// Places in the control block.
const pushed = 0 // points ever pushed (wraps)
const taken = 1 // points ever taken (wraps)
const bell = 2 // rung to wake the writer early
const asked = 3 // the newest flush that was asked for
const done = 4 // the newest flush that is on disk
const closed = 5 // 1 once nobody takes points any more
const stop = 6 // 1 once somebody asked the run to stop
const controls = 8

export interface MetricRing {
  readonly buffer: SharedArrayBuffer
  /** Producer: waits while the ring is full; drops the point once the ring is closed. */
  push(id: number, step: number, value: number, at: number): void
  /** Consumer: hands over every point pushed so far. */
  take(each: (id: number, step: number, value: number, at: number) => void): void
  /** Producer: asks for everything pushed so far to be put on disk; returns the number of this request. */
  ask(): number
  /** Producer: blocks until request `ticket` is done, the ring is closed or the time (ms) is over. */
  waitFor(ticket: number, patience: number): void
  /** Consumer: sleeps until something is asked or the time (ms) is over; returns the newest request. */
  rest(pause: number): number
  /** Consumer: request `ticket` and all before it are on disk. */
  answer(ticket: number): void
  /** Consumer: takes no more. */
  close(): void
  isClosed(): boolean
  /** Consumer: somebody wants the run to stop. */
  requestStop(): void
  stopRequested(): boolean
}

/** A ring over `buffer`, or a new one. */
export function metricRing(
  buffer = new SharedArrayBuffer(controls * Int32Array.BYTES_PER_ELEMENT + capacity * fields * Float64Array.BYTES_PER_ELEMENT),
): MetricRing {
  const control = new Int32Array(buffer, 0, controls)
  const points = new Float64Array(buffer, controls * Int32Array.BYTES_PER_ELEMENT)
  const isClosed = () => Atomics.load(control, closed) === 1
  const ring = () => {
    Atomics.add(control, bell, 1)
    Atomics.notify(control, bell)
  }

  function push(id: number, step: number, value: number, at: number): void {
    const head = Atomics.load(control, pushed)
    makeRoom(head)
    const place = (head & (capacity - 1)) * fields
    points[place] = id
    points[place + 1] = step
    points[place + 2] = value
    points[place + 3] = at
    Atomics.store(control, pushed, (head + 1) | 0)
  }

  function makeRoom(head: number): void {
    while (true) {
      const tail = Atomics.load(control, taken)
      const waiting = (head - tail) | 0
      if (waiting === capacity / 2) ring()
      if (waiting < capacity || isClosed()) return
      ring()
      Atomics.wait(control, taken, tail, 100)
    }
  }

  function take(each: (id: number, step: number, value: number, at: number) => void): void {
    const head = Atomics.load(control, pushed)
    for (let i = Atomics.load(control, taken); i !== head; i = (i + 1) | 0) {
      const place = (i & (capacity - 1)) * fields
      each(points[place]!, points[place + 1]!, points[place + 2]!, points[place + 3]!)
    }
    Atomics.store(control, taken, head)
    Atomics.notify(control, taken)
  }

  function ask(): number {
    const ticket = Atomics.add(control, asked, 1) + 1
    ring()
    return ticket
  }

  function waitFor(ticket: number, patience: number): void {
    const until = Date.now() + patience
    while (!isClosed() && Date.now() < until) {
      const newest = Atomics.load(control, done)
      if (newest >= ticket) return
      Atomics.wait(control, done, newest, 100)
    }
  }

  function rest(pause: number): number {
    if (Atomics.load(control, asked) === Atomics.load(control, done))
      Atomics.wait(control, bell, Atomics.load(control, bell), pause)
    return Atomics.load(control, asked)
  }

  function answer(ticket: number): void {
    Atomics.store(control, done, ticket)
    Atomics.notify(control, done)
  }

  function close(): void {
    Atomics.store(control, closed, 1)
    Atomics.notify(control, done)
    Atomics.notify(control, taken)
  }

  return {
    buffer,
    ...{ push, take, ask, waitFor, rest, answer, close, isClosed },
    requestStop: () => void Atomics.store(control, stop, 1),
    stopRequested: () => Atomics.load(control, stop) === 1,
  }
}
