// Many captions at once. Every image has a seat in the batch until its caption is found; then the next image takes the seat, so that no
// row waits for the longest caption. It knows functions that look at images and read tokens, never a model.
import type { Candidates, Continuation, Search, Strategy } from './search.ts'

/** One step of all rows, arrays over rows; the rows of a seat stand side by side. Every row names a slot of its own in its seat. */
export interface Rows {
  /** The newest token. */
  readonly ids: Int32Array
  /** Where it stands in its text, counted from 0; position 0 is the start token's. */
  readonly positions: Int32Array
  /** The slot of the seat's memory that the row's token goes to. */
  readonly slots: Int32Array
  /** (rows, slots of a seat): 1 for each slot that holds the text before the row's token. */
  readonly seen: Int32Array
}

/** Whoever reads images and texts: a model behind a memory that has `beams * maxLength` slots in every seat. */
export interface Reader {
  readonly seats: number
  readonly beams: number
  readonly maxLength: number
  /** Images that it looks at together. */
  readonly looks: number
  /** From now on the rows of `seats[i]` are about the image numbered `images[i]`; at most `looks` of them. */
  look(images: readonly number[], seats: readonly number[]): Promise<void>
  /** Reads one token in every row; what may follow the text of a row. */
  next(rows: Rows): Promise<(row: number) => Candidates>
}

export interface Captioned {
  /** Number of the image. */
  readonly image: number
  /** Token ids without start and end. */
  readonly ids: readonly number[]
}

/** An image whose caption is being searched. */
interface Guest {
  readonly image: number
  readonly search: Search
  position: number
  /** What is read now, a row each: the newest token, and the slots of what stands before it. */
  texts: readonly { token: number; before: readonly number[] }[]
}

/** The captions of the images called `names`, each as soon as it is found; whoever needs no more may stop. */
export async function* captionsOf(
  names: readonly string[],
  strategy: Strategy,
  start: number,
  reader: Reader,
): AsyncGenerator<Captioned, void, void> {
  const guests: (Guest | undefined)[] = Array.from({ length: reader.seats })
  let seated = 0
  for (;;) {
    for (let free = emptySeats(guests); seated < names.length; free = emptySeats(guests)) {
      const many = Math.min(reader.looks, names.length - seated)
      if (free.length < many) break
      const images = Array.from({ length: many }, (_, i) => seated + i)
      await reader.look(images, free.slice(0, many))
      images.forEach((image, i) => (guests[free[i]!] = guest(image, strategy.begin(names[image]!), start)))
      seated += many
    }
    if (guests.every((each) => each === undefined)) return
    const candidates = await reader.next(rowsOf(guests, reader))
    for (const [seat, each] of guests.entries()) {
      if (each === undefined) continue
      const texts = each.search.advance(each.texts.map((_, row) => candidates(seat * reader.beams + row)))
      if (texts.length > 0) {
        goOn(each, texts, reader)
      } else {
        guests[seat] = undefined
        yield { image: each.image, ids: each.search.caption() }
      }
    }
  }
}

/** All captions, in the order of their images. */
export async function inOrder(captions: AsyncIterable<Captioned>): Promise<(readonly number[])[]> {
  const found: (readonly number[])[] = []
  for await (const { image, ids } of captions) found[image] = ids
  return found
}

function emptySeats(guests: readonly (Guest | undefined)[]): number[] {
  return guests.flatMap((each, seat) => (each === undefined ? [seat] : []))
}

function guest(image: number, search: Search, start: number): Guest {
  return { image, search, position: 0, texts: [{ token: start, before: [] }] }
}

/** A text that goes on has before it what the one it comes from had, and that one's token. */
function goOn(guest: Guest, texts: readonly Continuation[], reader: Reader): void {
  const read = guest.texts
  guest.texts = texts.map(({ from, token }) => ({
    token,
    before: [...read[from]!.before, slotAt(guest.position, from, reader)],
  }))
  guest.position++
}

/** Every position has a slot for each row, so that what one text remembers is never written over while another still sees it. */
function slotAt(position: number, row: number, { beams }: Reader): number {
  return position * beams + row
}

/** Rows without a text read something that nobody ever sees. */
function rowsOf(guests: readonly (Guest | undefined)[], reader: Reader): Rows {
  const { seats, beams, maxLength } = reader
  const [rows, slots] = [seats * beams, beams * maxLength]
  const step = {
    ids: new Int32Array(rows),
    positions: new Int32Array(rows),
    slots: new Int32Array(rows),
    seen: new Int32Array(rows * slots),
  }
  for (let row = 0; row < rows; row++) {
    const guest = guests[Math.floor(row / beams)]
    const text = guest?.texts[row % beams]
    step.ids[row] = text?.token ?? 0
    step.positions[row] = guest?.position ?? 0
    step.slots[row] = slotAt(guest?.position ?? 0, row % beams, reader)
    for (const slot of text?.before ?? []) step.seen[row * slots + slot] = 1
  }
  return step
}
