// A configuration on its way from text to RunConfig: plain values, and beside them the place each one came from. Trees are
// never changed; each operation makes a new one.
import { branchFor, isMapping, sharedOptions, type Schema } from './schema.ts'

/** Where something was written: a line of a file, or no line at all (the command line, a default). */
export interface Place {
  readonly source: string
  readonly line?: number
}

export const commandLine: Place = { source: 'command line' }
export const byDefault: Place = { source: 'default' }

/** `configs/lora.yaml:14`, `command line` or `default`. */
export function placeText(place: Place): string {
  return place.line === undefined ? place.source : `${place.source}:${place.line}`
}

export interface Tree {
  readonly value: unknown
  /** JSON pointer -> place, for the whole ('') and each key and item below. */
  readonly places: ReadonlyMap<string, Place>
}

/** JSON pointer of a key under `above`. */
export function pointerTo(above: string, key: string | number): string {
  return `${above}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** Place of the value at `pointer`, or of the nearest thing that holds it. */
export function placeOf(tree: Tree, pointer: string): Place {
  for (let at = pointer; ; at = at.slice(0, at.lastIndexOf('/'))) {
    const place = tree.places.get(at)
    if (place !== undefined) return place
    if (at === '') return byDefault
  }
}

/** `/peft/targets/1` -> `peft.targets[1]`: how a place inside `value` is written for people. */
export function keyText(value: unknown, pointer: string): string {
  let text = ''
  let inside = value
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    text += Array.isArray(inside) ? `[${key}]` : text === '' ? key : `.${key}`
    inside = Array.isArray(inside) ? (inside as unknown[])[Number(key)] : isMapping(inside) ? inside[key] : undefined
  }
  return text
}

/** The part of a tree below `keys`, as a tree of its own. */
export function subtree(tree: Tree, keys: readonly string[]): Tree {
  const above = keys.reduce(pointerTo, '')
  const value = keys.reduce<unknown>((inside, key) => (isMapping(inside) ? inside[key] : undefined), tree.value)
  const places = new Map<string, Place>([['', placeOf(tree, above)]])
  for (const [pointer, place] of tree.places) if (pointer.startsWith(`${above}/`)) places.set(pointer.slice(above.length), place)
  return { value, places }
}

/**
 * Puts `overlay` at `keys`. A mapping is merged into a mapping, key by key; anything else replaces what was there. A discriminated union
 * whose kind is named, such as `peft` or `decode`, keeps nothing but what all kinds have. Where something on the way is no mapping, the tree stays as it is: that is a mistake of its own.
 */
export function assign(schema: Schema, tree: Tree, keys: readonly string[], overlay: Tree): Tree {
  const places = new Map(tree.places)
  const value = assigned({ schema, value: tree.value, pointer: '' }, keys, overlay, places)
  return { value, places }
}

interface Spot {
  readonly schema: Schema | undefined
  readonly value: unknown
  readonly pointer: string
}

function assigned(spot: Spot, keys: readonly string[], overlay: Tree, places: Map<string, Place>): unknown {
  const [key, ...rest] = keys
  if (key === undefined) return merged(spot, overlay, places)
  if (spot.value !== undefined && !isMapping(spot.value)) return spot.value
  if (spot.value === undefined) places.set(spot.pointer, placeOf(overlay, ''))
  return withKey(spot, key, (child) => assigned(child, rest, overlay, places))
}

function merged(spot: Spot, overlay: Tree, places: Map<string, Place>): unknown {
  if (!isMapping(spot.value) || !isMapping(overlay.value)) {
    forget(places, spot.pointer)
    for (const [pointer, place] of overlay.places) places.set(spot.pointer + pointer, place)
    return overlay.value
  }
  const stays = staying(spot.schema, spot.value, overlay.value)
  const gone = Object.keys(spot.value).filter((key) => !stays.includes(key))
  for (const key of gone) forget(places, pointerTo(spot.pointer, key))
  if (gone.length > 0) places.set(spot.pointer, placeOf(overlay, ''))
  let value: unknown = mappingFrom(stays.map((key) => [key, (spot.value as Record<string, unknown>)[key]]))
  for (const key of Object.keys(overlay.value)) {
    value = withKey({ ...spot, value }, key, (child) => merged(child, subtree(overlay, [key]), places))
  }
  return value
}

/** The keys of `value` that `overlay` is merged into: all, but of a union where a kind must be named or is named anew. */
function staying(schema: Schema | undefined, value: Record<string, unknown>, overlay: Record<string, unknown>): string[] {
  const tag = schema?.discriminator?.propertyName
  const keys = Object.keys(value)
  if (schema === undefined || tag === undefined) return keys
  if (!Object.hasOwn(overlay, tag) && branchFor(schema, {}) !== undefined) return keys
  return keys.filter((key) => sharedOptions(schema).includes(key))
}

function forget(places: Map<string, Place>, above: string): void {
  for (const pointer of places.keys()) if (pointer === above || pointer.startsWith(`${above}/`)) places.delete(pointer)
}

function withKey(spot: Spot, key: string, change: (child: Spot) => unknown): Record<string, unknown> {
  const mapping = mappingFrom(isMapping(spot.value) ? Object.entries(spot.value) : [])
  mapping[key] = change({
    schema: childSchema(spot.schema, spot.value, key),
    value: mapping[key],
    pointer: pointerTo(spot.pointer, key),
  })
  return mapping
}

function childSchema(schema: Schema | undefined, value: unknown, key: string): Schema | undefined {
  if (schema === undefined) return undefined
  const properties = branchFor(schema, value)?.properties
  return properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : undefined
}

/** A mapping without a prototype: what a user's file calls `__proto__` or `constructor` is a key like any other. */
export function mappingFrom(entries: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  const mapping = Object.create(null) as Record<string, unknown>
  for (const [key, value] of entries) mapping[key] = value
  return mapping
}

/** Fills in every default of the schema, in the schema's order; sections that are missing appear with what they have. Unknown keys stay, for the check to find. */
export function withDefaults(schema: Schema, tree: Tree): Tree {
  const places = new Map(tree.places)
  return { value: filled(schema, tree.value, '', places), places }
}

function filled(schema: Schema, value: unknown, pointer: string, places: Map<string, Place>): unknown {
  if (value === undefined && schema.default !== undefined) {
    places.set(pointer, byDefault)
    return structuredClone(schema.default)
  }
  const properties = branchFor(schema, value)?.properties
  const closed = schema.additionalProperties !== undefined || schema.discriminator !== undefined
  const mapping = value === undefined && schema.type === 'object' && closed ? {} : value
  if (!isMapping(mapping) || properties === undefined) return value
  const entries: [string, unknown][] = []
  for (const [key, child] of Object.entries(properties)) {
    const inside = Object.hasOwn(mapping, key) ? mapping[key] : undefined
    const complete = filled(child, inside, pointerTo(pointer, key), places)
    if (complete !== undefined) entries.push([key, complete])
  }
  for (const [key, inside] of Object.entries(mapping)) if (!Object.hasOwn(properties, key)) entries.push([key, inside])
  return mappingFrom(entries)
}
