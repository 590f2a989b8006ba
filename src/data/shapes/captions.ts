// What people might say about a scene: true, in varied words, order and punctuation, and not always everything there is to say.
import type { Random } from '../../base/random.ts'
import { random } from '../../base/random.ts'
import { cellOf, relationOf, scene } from './scene.ts'
import type { Relation, Scene, SceneObject } from './scene.ts'
import { labelOf, things } from './things.ts'
import type { Shape, Size } from './things.ts'

/** The zero-shot templates of problem 1; `{}` stands for a class name. The third speaks of what is not there. */
export const templates = {
  photo: 'This is a photo of {}',
  aPhoto: 'a photo of a {}',
  notPhoto: 'This is not a photo of {}',
  noScore: 'No {}, no score.',
} as const

const otherWords: Readonly<Partial<Record<Shape, string>>> = {
  circle: 'disc',
  cross: 'plus sign',
  ring: 'hoop',
  moon: 'crescent',
}
const sizeWords: Readonly<Record<Size, readonly string[]>> = {
  small: ['small', 'small', 'little', 'tiny'],
  large: ['large', 'large', 'big'],
}
const relationWords: Readonly<Record<Relation, readonly string[]>> = {
  left: ['to the left of', 'to the left of', 'left of'],
  right: ['to the right of', 'to the right of', 'right of'],
  above: ['above', 'above', 'over'],
  below: ['below', 'below', 'under'],
}
const fromIt: Readonly<Record<Relation, readonly string[]>> = {
  left: ['to its left', 'on its left'],
  right: ['to its right', 'on its right'],
  above: ['above it'],
  below: ['below it', 'under it'],
}
const opposite: Readonly<Record<Relation, Relation>> = { left: 'right', right: 'left', above: 'below', below: 'above' }
const cellWords: readonly (readonly string[])[] = [
  ['in the top left corner', 'in the upper left'],
  ['at the top', 'near the top'],
  ['in the top right corner', 'in the upper right'],
  ['on the left', 'on the left side'],
  ['in the middle', 'in the centre'],
  ['on the right', 'on the right side'],
  ['in the bottom left corner', 'in the lower left'],
  ['at the bottom', 'near the bottom'],
  ['in the bottom right corner', 'in the lower right'],
]

/** Five different captions of a scene. */
export function captionsOf(scene: Scene, chance: Random): string[] {
  const captions = new Map<string, string>()
  while (captions.size < 5) {
    const words = describe(scene, chance)
    if (!captions.has(words)) captions.set(words, punctuate(words, chance))
  }
  return [...captions.values()]
}

/** One caption of a scene. */
export function captionOf(scene: Scene, chance: Random): string {
  return punctuate(describe(scene, chance), chance)
}

/** A caption to pretrain CLIP with: of a lone object it is often one of problem 1's templates, so that zero-shot has a meaning. */
export function clipCaption(scene: Scene, chance: Random): string {
  const [object, ...others] = scene.objects
  if (object === undefined || others.length > 0 || chance.uniform() < 0.5) return captionOf(scene, chance)
  const kind = chance.uniform()
  if (kind < 0.45) return filled('photo', labelOf(object))
  if (kind < 0.85) return filled('aPhoto', labelOf(object))
  if (kind < 0.95) return filled('noScore', labelOf(object))
  const absent = things.filter((thing) => labelOf(thing) !== labelOf(object))
  return filled('notPhoto', labelOf(chance.pick(absent)))
}

/** A caption to pretrain the decoder with: of a training scene, which is never drawn. */
export function decoderCaption(chance: Random): string {
  return captionOf(scene(chance), chance)
}

/** `count` lines to learn a vocabulary from: captions of training scenes, every tenth a template. */
export function worldText(seed: number, count: number): string[] {
  const chance = random(seed, 'shapes', 'text')
  const kinds = Object.keys(templates) as (keyof typeof templates)[]
  return Array.from({ length: count }, (_, i) => {
    return i % 10 === 9 ? filled(chance.pick(kinds), labelOf(chance.pick(things))) : decoderCaption(chance)
  })
}

const filled = (kind: keyof typeof templates, label: string) => templates[kind].replace('{}', label)

/** A third as a sentence, the others as people type. */
function punctuate(words: string, chance: Random): string {
  const manner = chance.uniform()
  if (manner < 0.33) return `${words[0]!.toUpperCase()}${words.slice(1)}.`
  return manner < 0.55 ? `${words}.` : words
}

function describe(scene: Scene, chance: Random): string {
  const [a, b, c] = chance.shuffled(scene.objects)
  if (a === undefined) throw new Error('a scene without objects')
  if (b === undefined) return describeOne(scene, a, chance)
  if (c === undefined) return describeTwo(a, b, chance, [`there are two shapes, ${named(a, chance)} and ${named(b, chance)}`])
  if (chance.uniform() < 0.25) return describeTwo(a, b, chance, [])
  return describeThree(a, b, c, chance)
}

/** "a large red circle"; the size is named half the time. */
function named(object: SceneObject, chance: Random): string {
  const size = chance.uniform() < 0.5 ? `${chance.pick(sizeWords[object.size])} ` : ''
  return `a ${size}${plain(object, chance)}`
}

/** "red circle" or, now and then, "red disc". */
function plain(object: SceneObject, chance: Random): string {
  const word = chance.uniform() < 0.12 ? (otherWords[object.shape] ?? object.shape) : object.shape
  return `${object.colour} ${word}`
}

function describeOne(scene: Scene, object: SceneObject, chance: Random): string {
  const it = named(object, chance)
  const place = chance.pick(cellWords[cellOf(object) ?? 4]!)
  const size = chance.pick(sizeWords[object.size])
  return chance.pick([
    () => it,
    () => `${it} ${place}`,
    () => `${it} ${place}`,
    () => `${it} on a ${scene.ground.tone} background`,
    () => `${it} ${place} of a ${scene.ground.tone} picture`,
    () => `there is ${it} ${place}`,
    () => `a picture of ${it}`,
    () => `a photo of ${it} ${place}`,
    () => `this ${plain(object, chance)} is ${object.size}`,
    () => `a single ${size} ${plain(object, chance)}`,
  ])()
}

/** Two objects, perhaps of three; `whole` is what can be said where there are no others. */
function describeTwo(first: SceneObject, second: SceneObject, chance: Random, whole: readonly string[]): string {
  const relation = relationBetween(first, second)
  const [one, other] = [named(first, chance), named(second, chance)]
  const stands = chance.pick(relationWords[relation])
  const manners = [
    () => `${one} ${stands} ${other}`,
    () => `${one} ${stands} ${other}`,
    () => `${one} is ${stands} ${other}`,
    () => `there is ${one} ${stands} ${other}`,
    () => `a picture of ${one} ${stands} ${other}`,
    () => `${one} with ${other} ${chance.pick(fromIt[opposite[relation]])}`,
    () => `${one} and ${other}`,
    ...whole.map((words) => () => words),
  ]
  const ends = endsOf(first, second)
  if (ends !== undefined) manners.push(() => `${one} ${ends[0]} and ${other} ${ends[1]}`)
  if (relation === 'left' || relation === 'right') manners.push(() => `${one} next to ${other}`)
  return chance.pick(manners)()
}

function describeThree(first: SceneObject, second: SceneObject, third: SceneObject, chance: Random): string {
  const [one, two, three] = [named(first, chance), named(second, chance), named(third, chance)]
  const pair = relationBetween(first, second)
  const toThird = relationBetween(first, third)
  const manners = [
    () => `${one}, ${two} and ${three}`,
    () => `three shapes: ${one}, ${two} and ${three}`,
    () => `there is ${one} ${chance.pick(relationWords[pair])} ${two}, and also ${three}`,
  ]
  if (toThird === relationBetween(second, third)) {
    const words = chance.pick(relationWords[toThird])
    const away = opposite[toThird]
    manners.push(() => `${one} and ${two} ${words} ${three}`)
    manners.push(() => `there is ${one} and ${two} ${words} ${three}`)
    manners.push(() => `${three} ${chance.pick(relationWords[away])} ${one} and ${two}`)
  }
  if (relationBetween(second, first) === toThird) {
    manners.push(() => `${one} between ${two} and ${three}`)
    manners.push(() => `${one} in the middle, ${chance.pick(besideWords[relationBetween(second, first)])(two, three)}`)
  }
  return chance.pick(manners)()
}

/** How the two neighbours of an object in a row or column are told, the first being where the key says. */
const besideWords: Readonly<Record<Relation, readonly ((first: string, second: string) => string)[]>> = {
  left: [(first, second) => `${first} on the left and ${second} on the right`],
  right: [(first, second) => `${second} on the left and ${first} on the right`],
  above: [(first, second) => `${first} above and ${second} below`],
  below: [(first, second) => `${second} above and ${first} below`],
}

/** "on the left", "on the right": where two things stand in the picture, if they stand on different sides of its middle. */
function endsOf(first: SceneObject, second: SceneObject): [string, string] | undefined {
  const relation = relationBetween(first, second)
  const words = { left: 'on the left', right: 'on the right', above: 'at the top', below: 'at the bottom' }
  const [from, to] = relation === 'left' || relation === 'right' ? [first.x, second.x] : [first.y, second.y]
  const apart = Math.min(from, to) < 28 && Math.max(from, to) > 36
  return apart ? [words[relation], words[opposite[relation]]] : undefined
}

function relationBetween(a: SceneObject, b: SceneObject): Relation {
  const relation = relationOf(a, b)
  if (relation === undefined) throw new Error('objects of a scene stand without a relation')
  return relation
}
