// A scene as data: one to three different things on a plain ground, placed so that every relation a caption may state is plainly true.
// Which scenes are training and which validation is part of the world's definition, the same for every seed: no model that was
// pretrained on the world has met a validation scene.
import type { Random } from '../../base/random.ts'
import { random } from '../../base/random.ts'
import { colours, labelOf, shapes, things } from './things.ts'
import type { Size, Thing } from './things.ts'

/** Pixels of a picture's side. */
export const side = 64

export type Split = 'train' | 'val'
export type Relation = 'left' | 'right' | 'above' | 'below'

export interface SceneObject extends Thing {
  readonly size: Size
  /** Centre and radius in pixels. */
  readonly x: number
  readonly y: number
  readonly radius: number
  /** Cosine and sine of its rotation. */
  readonly turn: readonly [number, number]
  /** Added to the colour's red, green and blue. */
  readonly tint: readonly [number, number, number]
}

export interface Ground {
  readonly tone: 'light' | 'dark'
  /** Grey levels from one edge to the other and which edges: the light falls from above or from the left. */
  readonly from: number
  readonly to: number
  readonly falls: 'down' | 'right'
  /** Added to red and blue: a warmer or colder grey. */
  readonly warmth: number
  /** Seed of the grain. */
  readonly grain: number
}

export interface Scene {
  readonly objects: readonly SceneObject[]
  readonly ground: Ground
}

export interface SceneWishes {
  /** Default: train. */
  readonly split?: Split
  /** Objects; default: one, two or three by chance. */
  readonly count?: 1 | 2 | 3
  /** What the first object is; the rest is chance. */
  readonly first?: Partial<Thing> & { readonly size?: Size }
}

/** A random scene of a split. */
export function scene(chance: Random, wishes: SceneWishes = {}): Scene {
  const split = wishes.split ?? 'train'
  const count = wishes.count ?? countOf(chance.uniform())
  while (true) {
    const objects = place(chance, choose(chance, count, wishes.first ?? {}))
    if (objects !== undefined && splitOf(objects) === split) return { objects, ground: ground(chance) }
  }
}

const countOf = (chance: number) => (chance < 0.3 ? 1 : chance < 0.75 ? 2 : 3)

type Chosen = Thing & { readonly size: Size; readonly radius: number }

/** Different things with their sizes; of three at most one is large, or there is no room. */
function choose(chance: Random, count: number, first: SceneWishes['first'] & object): Chosen[] {
  const chosen: Chosen[] = []
  while (chosen.length < count) {
    const thing = { ...chance.pick(things), ...(chosen.length === 0 ? first : {}) }
    const crowded = count === 3 && chosen.some((other) => other.size === 'large')
    const size: Size = thing.size ?? (!crowded && chance.uniform() < (count === 3 ? 0.3 : 0.5) ? 'large' : 'small')
    const radius = size === 'large' ? 12 + 2 * chance.uniform() : 7 + chance.uniform()
    if (!chosen.some((other) => labelOf(other) === labelOf(thing)))
      chosen.push({ shape: thing.shape, colour: thing.colour, size, radius })
  }
  return chosen
}

// Rational points of the unit circle: a rotation by 0, 9 and 16 degrees without a sine.
const tilts = [[1, 0], [84 / 85, 13 / 85], [84 / 85, -13 / 85], [24 / 25, 7 / 25], [24 / 25, -7 / 25]] as const // prettier-ignore
const quarterTurns = [[1, 0], [0, 1], [-1, 0], [0, -1]] as const // prettier-ignore

/** Finds room for the things, or gives up after a while. */
function place(chance: Random, chosen: readonly Chosen[]): SceneObject[] | undefined {
  for (let attempt = 0; attempt < 100; attempt++) {
    const spots = chosen.map(({ radius }) => {
      const margin = 1.1 * radius + 1
      const along = () => onLattice(margin + (side - 2 * margin) * chance.uniform(), margin)
      return { x: along(), y: along(), radius }
    })
    if (!isPlain(spots)) continue
    return chosen.map((thing, i) => ({
      ...thing,
      ...spots[i]!,
      turn: chance.pick(thing.shape === 'arrow' ? quarterTurns : tilts),
      tint: [chance.below(33) - 16, chance.below(33) - 16, chance.below(33) - 16],
    }))
  }
  return undefined
}

// Centres stand where four patches of the small CLIP meet. At free places each shape looks different in every patch, and a vision
// transformer of this size needs hours instead of minutes to learn what a shape is.
const lattice = 8

/** The nearest lattice point that keeps `margin` pixels from both edges. */
function onLattice(value: number, margin: number): number {
  const [first, last] = [Math.ceil(margin / lattice), Math.floor((side - margin) / lattice)]
  return lattice * Math.min(last, Math.max(first, Math.round(value / lattice)))
}

type Spot = Pick<SceneObject, 'x' | 'y' | 'radius'>

function isPlain(spots: readonly Spot[]): boolean {
  if (spots.length === 1) return cellOf(spots[0]!) !== undefined
  return spots.every((a, i) => spots.slice(i + 1).every((b) => relationOf(a, b) !== undefined))
}

/** Where `a` is, seen from `b`; undefined where they overlap or stand diagonally. */
export function relationOf(a: Spot, b: Spot): Relation | undefined {
  const [dx, dy] = [a.x - b.x, a.y - b.y]
  const [major, minor] = Math.abs(dx) > Math.abs(dy) ? [Math.abs(dx), Math.abs(dy)] : [Math.abs(dy), Math.abs(dx)]
  if (major < a.radius + b.radius + 1 || major < 1.5 * minor) return undefined
  if (major === Math.abs(dx)) return dx < 0 ? 'left' : 'right'
  return dy < 0 ? 'above' : 'below'
}

/** The cell of a 3 x 3 grid, row by row, in which a lone object stands; undefined near a cell's border. */
export function cellOf({ x, y }: Pick<SceneObject, 'x' | 'y'>): number | undefined {
  const [column, row] = [thirdOf(x), thirdOf(y)]
  return column === undefined || row === undefined ? undefined : 3 * row + column
}

function thirdOf(value: number): number | undefined {
  if (value <= 24) return 0
  if (value >= 27 && value <= 37) return 1
  return value >= 40 ? 2 : undefined
}

/**
 * What a scene shows, as one key per pair of its objects ("blue square left of red circle"), or one key for a lone object
 * ("large red circle in cell 4"). Two scenes with a key in common share a description.
 */
export function keysOf(objects: readonly SceneObject[]): string[] {
  if (objects.length === 1) return [`${objects[0]!.size} ${labelOf(objects[0]!)} in cell ${cellOf(objects[0]!)}`]
  const ordered = objects.toSorted((a, b) => (labelOf(a) < labelOf(b) ? -1 : 1))
  return ordered.flatMap((a, i) => ordered.slice(i + 1).map((b) => `${labelOf(a)} ${relationOf(a, b)} of ${labelOf(b)}`))
}

/** The split all of whose keys a scene has; undefined for a scene with keys of both, which belongs to neither. */
export function splitOf(objects: readonly SceneObject[]): Split | undefined {
  const isVal = objects.length === 1 ? [isHeldOutAlone(objects[0]!)] : keysOf(objects).map(isHeldOut)
  if (isVal.every((held) => held)) return 'val'
  return isVal.some((held) => held) ? undefined : 'train'
}

/** A fifth of the pairs, by chance. */
const isHeldOut = (key: string) => random(0, 'shapes', 'held out', key).uniform() < 0.2

/** A fifth of the places, so that each thing in each size has one or two of them. */
function isHeldOutAlone(object: SceneObject): boolean {
  const number = shapes.indexOf(object.shape) + 2 * colours.indexOf(object.colour) + (object.size === 'large' ? 3 : 0)
  return (number + cellOf(object)!) % 5 === 0
}

function ground(chance: Random): Ground {
  const tone = chance.pick(['light', 'dark'] as const)
  const from = tone === 'light' ? 185 + chance.below(40) : 35 + chance.below(40)
  return {
    tone,
    from,
    to: from + chance.below(41) - 20,
    falls: chance.pick(['down', 'right']),
    warmth: chance.below(21) - 10,
    grain: chance.below(2 ** 31),
  }
}
