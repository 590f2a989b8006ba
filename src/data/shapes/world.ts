// Writes the built-in world in the course's layout. It is built in a folder beside its own, with `world.json` last, and moved in one
// step: a folder that holds `world.json` is whole. The same wishes give the same bytes.
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { InterruptedError, systemCode, UserError } from '../../base/errors.ts'
import { readJson, sha256, writeFailure } from '../../base/files.ts'
import type { Report } from '../../base/progress.ts'
import { random } from '../../base/random.ts'
import { encodeJpeg, encodePng } from '../../images/encode.ts'
import { captionsOf } from './captions.ts'
import { drawScene } from './draw.ts'
import { scene, side } from './scene.ts'
import type { Scene, Split } from './scene.ts'
import { labelOf, things } from './things.ts'
import type { Shape } from './things.ts'

/** Raised whenever the same wishes would give other bytes. */
const version = 1
const jpegQuality = 95

/** The five pictures of problem 3, each named after one of the things it shows. */
const galleryShapes: readonly Shape[] = ['arrow', 'heart', 'moon', 'ring', 'star']

export interface WorldWishes {
  readonly seed: number
  /** Images of problem 2's two splits. */
  readonly train: number
  readonly val: number
  /** Images of each of problem 1's fifty classes. */
  readonly perClass: number
}

/** What `captune data shapes` makes. */
export const usualWorld: WorldWishes = { seed: 1, train: 1200, val: 300, perClass: 10 }

export interface World extends WorldWishes {
  readonly version: number
  /** SHA-256 over the paths and hashes of all files. */
  readonly fingerprint: string
}

/**
 * `missing`: nothing, or not all of the files; `complete`: the world that was wished for; `other-version`: a world of other wishes or of
 * another version of the program.
 */
export type WorldState = 'missing' | 'complete' | 'other-version'

/** What stands in a folder. */
export function worldState(root: string, wishes: WorldWishes = usualWorld): WorldState {
  const world = readWorld(root)
  if (world === undefined) return 'missing'
  const isWished = world.version === version && wishKeys.every((key) => world[key] === wishes[key])
  if (!isWished) return 'other-version'
  return countsOf(wishes).every(([folder, count]) => imagesIn(join(root, folder)) >= count) ? 'complete' : 'missing'
}

/** The `world.json` of a folder; undefined where there is none. Throws UserError where it cannot be read as one. */
export function readWorld(root: string): World | undefined {
  const path = join(root, 'world.json')
  if (!existsSync(path)) return undefined
  const world = readJson(path, 'the description of the built-in world') as Partial<World> | null
  if (typeof world?.fingerprint !== 'string')
    throw new UserError(`${path}: this does not describe a built-in world; remove the folder.`)
  return world as World
}

/**
 * Writes the world into `root`, which must be absent, empty or hold an earlier world (it is replaced). Where another process has made the same world
 * meanwhile, that one stays. Throws UserError where `root` holds something else or cannot be written, InterruptedError when `stop` fires.
 */
export async function makeWorld(
  root: string,
  wishes: Partial<WorldWishes> = {},
  report: Report = () => undefined,
  stop?: AbortSignal,
): Promise<World> {
  const wished = { ...usualWorld, ...wishes }
  const target = resolve(root)
  refuseForeign(target)
  const draft = join(dirname(target), `.${basename(target)}.${process.pid}.${randomUUID().slice(0, 8)}.partial`)
  try {
    mkdirSync(dirname(target), { recursive: true })
    removeLeftovers(target)
    const world = await writeWorld(draft, wished, report, stop)
    moveIntoPlace(draft, target, wished)
    return world
  } catch (error) {
    throw writeFailure(target, error)
  } finally {
    if (existsSync(draft)) rmSync(draft, { recursive: true, force: true })
  }
}

const wishKeys = ['seed', 'train', 'val', 'perClass'] as const

function countsOf(wishes: WorldWishes): [folder: string, images: number][] {
  return [
    ['p1_data/val', wishes.perClass * things.length],
    ['p2_data/images/train', wishes.train],
    ['p2_data/images/val', wishes.val],
    ['p3_data/images', galleryShapes.length],
  ]
}

const imagesIn = (folder: string) => (existsSync(folder) ? readdirSync(folder).length : 0)

function refuseForeign(root: string): void {
  if (!existsSync(root)) return
  if (!statSync(root).isDirectory())
    throw new UserError(`${root}: a file stands where the built-in world's folder is needed; choose another place.`)
  const foreign = !existsSync(join(root, 'world.json')) && readdirSync(root).length > 0
  if (foreign)
    throw new UserError(`${root}: holds files that are not the built-in world's; choose another folder or remove them.`)
}

/** Drafts of processes that were killed. */
function removeLeftovers(root: string): void {
  for (const name of readdirSync(dirname(root))) {
    const [, maker] = /\.(\d+)\.[0-9a-f]+\.partial$/.exec(name) ?? []
    if (!name.startsWith(`.${basename(root)}.`) || maker === undefined || isAlive(Number(maker))) continue
    rmSync(join(dirname(root), name), { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemCode(error) === 'EPERM'
  }
}

function moveIntoPlace(draft: string, root: string, wishes: WorldWishes): void {
  if (worldState(root, wishes) === 'complete') return
  try {
    rmSync(root, { recursive: true, force: true })
    renameSync(draft, root)
  } catch (error) {
    if (worldState(root, wishes) !== 'complete') throw error // else another process was faster by a moment
  }
}

/** A file of the world before it is written. */
interface Piece {
  readonly path: string
  readonly bytes: () => Promise<string | Uint8Array>
}

async function writeWorld(draft: string, wishes: WorldWishes, report: Report, stop?: AbortSignal): Promise<World> {
  const pieces = [...classPieces(wishes), ...captionPieces(wishes), ...galleryPieces(wishes)]
  for (const folder of new Set(pieces.map((piece) => dirname(piece.path)))) mkdirSync(join(draft, folder), { recursive: true })
  const hashes: string[] = []
  for (const { path, bytes } of pieces) {
    if (stop?.aborted === true) throw new InterruptedError('the built-in world was not finished; the same command makes it anew.')
    const data = await bytes()
    writeFileSync(join(draft, path), data)
    hashes.push(`${path} ${sha256(data)}\n`)
    if (hashes.length % 50 === 0 || hashes.length === pieces.length) {
      report({ phase: 'built-in world', done: hashes.length, total: pieces.length, unit: 'files' })
    }
  }
  const world: World = { version, ...wishes, fingerprint: sha256(hashes.sort().join('')) }
  writeFileSync(join(draft, 'world.json'), json(world))
  return world
}

/** Problem 1: one large thing in each picture, in a place where no training picture has it. */
function classPieces({ seed, perClass }: WorldWishes): Piece[] {
  const names = Object.fromEntries(things.map((thing, i) => [String(i), labelOf(thing)]))
  const pictures = things.flatMap((thing, number) =>
    Array.from({ length: perClass }, (_, i): Piece => {
      const drawn = () =>
        scene(random(seed, 'shapes', 'p1', number, i), { split: 'val', count: 1, first: { ...thing, size: 'large' } })
      return { path: `p1_data/val/${number}_${i}.png`, bytes: () => encodePng(pictureOf(drawn())) }
    }),
  )
  return [...pictures, { path: 'p1_data/id2label.json', bytes: () => Promise.resolve(json(names)) }]
}

/** Problem 2: pictures with five captions each in both splits. */
function captionPieces({ seed, train, val }: WorldWishes): Piece[] {
  const ids = distinctIds(seed, train + val)
  return [...splitPieces(seed, 'train', ids.slice(0, train)), ...splitPieces(seed, 'val', ids.slice(train))]
}

function splitPieces(seed: number, split: Split, ids: readonly number[]): Piece[] {
  const sorted = ids.toSorted((a, b) => a - b)
  const images = sorted.map((id) => ({ file_name: `${String(id).padStart(12, '0')}.jpg`, id }))
  const annotations: { caption: string; id: number; image_id: number }[] = []
  const pictures = images.map(({ file_name, id }): Piece => {
    const chance = random(seed, 'shapes', split, id)
    const drawn = scene(chance, { split })
    for (const caption of captionsOf(drawn, chance)) {
      annotations.push({ caption, id: (split === 'train' ? 0 : 1_000_000) + annotations.length, image_id: id })
    }
    return { path: `p2_data/images/${split}/${file_name}`, bytes: () => encodeJpeg(pictureOf(drawn), jpegQuality) }
  })
  const captions = { info: `captune built-in world, ${split}`, licenses: '', annotations, images }
  return [...pictures, { path: `p2_data/${split}.json`, bytes: () => Promise.resolve(json(captions)) }]
}

/** Problem 3: two things each, as no training picture has them. */
function galleryPieces({ seed }: WorldWishes): Piece[] {
  return galleryShapes.map((shape) => {
    const drawn = () => scene(random(seed, 'shapes', 'p3', shape), { split: 'val', count: 2, first: { shape, size: 'large' } })
    return { path: `p3_data/images/${shape}.jpg`, bytes: () => encodeJpeg(pictureOf(drawn()), jpegQuality) }
  })
}

/** Image numbers as scattered as COCO's, none twice. */
function distinctIds(seed: number, count: number): number[] {
  const chance = random(seed, 'shapes', 'ids')
  const ids = new Set<number>()
  while (ids.size < count) ids.add(1 + chance.below(Math.max(600_000, 2 * count)))
  return [...ids]
}

const pictureOf = (drawn: Scene) => ({ width: side, height: side, data: drawScene(drawn) })
const json = (value: unknown) => `${JSON.stringify(value, null, 1)}\n`
