import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { InterruptedError, UserError } from '../../../src/base/errors.ts'
import { fromRoot } from '../../../src/base/files.ts'
import { sizeOf } from '../../../src/base/nd-array.ts'
import { random } from '../../../src/base/random.ts'
import { readSafetensors } from '../../../src/checkpoint/safetensors.ts'
import { featureMeta, featuresAreComplete, featureWriter, openFeatures } from '../../../src/data/feature-cache.ts'
import { writeIndex } from '../../../src/data/feature-index.ts'
import { canMount, mount, resize, unmount } from '../../e2e/small-disk.ts'

const temporary = mkdtempSync(join(tmpdir(), 'features-test-'))
afterAll(() => rmSync(temporary, { recursive: true }))
const newFolder = () => join(mkdtempSync(join(temporary, 'c-')), 'features')

const stems = Array.from({ length: 10 }, (_, i) => `image-${i}`)
const meta = featureMeta({ kind: 'tokens', weights: 'w', transform: 't', data: 'd', stems, rowShape: [3, 4] })

/** Row i counts from 30 i: exact in float16. */
function rows(first: number, count: number): Float32Array {
  return Float32Array.from({ length: count * 12 }, (_, i) => 30 * (first + Math.floor(i / 12)) + (i % 12))
}

async function filled(folder: string): Promise<void> {
  const writer = await featureWriter(folder, meta, { shardRows: 4 })
  for (const first of [0, 3, 6]) writer.append(rows(first, 3))
  writer.append(rows(9, 1))
  writer.finish()
}

/** A cache of zeros that hardly takes space on disk, because its files are holes; the bytes that it seems to have. */
function emptyCache(folder: string, images: number, rowShape: number[]): number {
  const shardRows = 100
  const rowBytes = 2 * sizeOf(rowShape)
  const zeros = crc32(new Uint8Array(rowBytes))
  mkdirSync(folder)
  const shards = Array.from({ length: images / shardRows }, (_, i) => {
    const file = `${String(i).padStart(5, '0')}.safetensors`
    writeFileSync(join(folder, file), '')
    truncateSync(join(folder, file), 128 + shardRows * rowBytes)
    return { file, rows: shardRows, bytes: 128 + shardRows * rowBytes, sha256: '', crc32: Array<number>(shardRows).fill(zeros) }
  })
  const names = Array.from({ length: images }, (_, i) => String(i))
  writeIndex(folder, { meta: featureMeta({ ...meta, stems: names, rowShape }), shards })
  return images * rowBytes
}

describe('a feature cache', () => {
  it('gives back rows by position, across shards, in float16', async () => {
    const folder = newFolder()
    await filled(folder)
    const features = openFeatures(folder)
    expect(features).toMatchObject({ rows: 10, rowShape: [3, 4], meta })
    expect(features.read([9, 0, 4, 4])).toEqual(Float32Array.of(...rows(9, 1), ...rows(0, 1), ...rows(4, 1), ...rows(4, 1)))
    features.close()
    expect(features.read([3])).toEqual(rows(3, 1))
    features.close()
    expect(readdirSync(folder).sort()).toEqual(['00000.safetensors', '00001.safetensors', '00002.safetensors', 'meta.json'])
    expect(readSafetensors(join(folder, '00002.safetensors')).spec('features')).toEqual({
      dtype: 'float32',
      stored: 'F16',
      shape: [2, 3, 4],
    })
  })

  it('rounds to the nearest float16', async () => {
    const folder = newFolder()
    const one = featureMeta({ ...meta, stems: ['a'], rowShape: [1000] })
    const draw = random(1, 'features')
    const values = Float32Array.from({ length: 1000 }, () => draw.normal())
    const writer = await featureWriter(folder, one)
    writer.append(values)
    writer.finish()
    const features = openFeatures(folder)
    features
      .read([0])
      .forEach((value, i) => expect(Math.abs(value - values[i]!)).toBeLessThanOrEqual(2 ** -11 * Math.abs(values[i]!) + 2 ** -25))
    features.close()
  })

  it('keeps few files open, however many shards there are', async () => {
    const folder = newFolder()
    const many = featureMeta({ ...meta, stems: Array.from({ length: 60 }, (_, i) => String(i)) })
    const writer = await featureWriter(folder, many, { shardRows: 1 })
    writer.append(rows(0, 60))
    writer.finish()
    const features = openFeatures(folder)
    const order = random(1, 'order').shuffled(Array.from({ length: 60 }, (_, i) => i))
    for (const row of order) expect(features.read([row])).toEqual(rows(row, 1))
    const open = process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0
    features.close()
    const closed = process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0
    expect(open - closed).toBeLessThanOrEqual(16)
  })

  it('is read without being held in memory', () => {
    const folder = newFolder()
    const large = emptyCache(folder, 2000, [257, 1024])
    const features = openFeatures(folder)
    const draw = random(1, 'rows')
    const before = process.memoryUsage().rss
    for (let i = 0; i < 20; i++) expect(features.read(Array.from({ length: 32 }, () => draw.below(2000)))[5]).toBe(0)
    features.close()
    expect(large).toBeGreaterThan(1e9)
    expect(process.memoryUsage().rss - before).toBeLessThan(3e8)
  })

  it('remembers when it was last used', async () => {
    const folder = newFolder()
    await filled(folder)
    const index = join(folder, 'meta.json')
    utimesSync(index, 1, 1)
    openFeatures(folder).close()
    expect(Date.now() - statSync(index).mtimeMs).toBeLessThan(60_000)
  })

  it('has a fingerprint of all that decides its values', () => {
    const other = [{ kind: 'patches' }, { weights: 'x' }, { transform: 'x' }, { data: 'x' }, { stems: ['a'] }, { rowShape: [12] }]
    const fingerprints = other.map((change) => featureMeta({ ...meta, ...change }).fingerprint)
    expect(new Set([meta.fingerprint, ...fingerprints]).size).toBe(7)
    expect(meta.fingerprint).toMatch(/^[\da-f]{16}$/)
  })

  it.each([
    ['NaN', NaN],
    ['-Infinity', -Infinity],
    ['65520', 65520],
  ])('refuses %s and names the image', async (text, value) => {
    const folder = newFolder()
    const writer = await featureWriter(folder, meta)
    const batch = rows(0, 2)
    batch[12] = value
    expect(() => writer.append(batch)).toThrow(`the features of image image-1 contain ${text}, which float16 cannot hold`)
    writer.close()
  })
})

describe('a feature cache that was interrupted', () => {
  it('is not complete, and goes on where it was', async () => {
    const folder = newFolder()
    expect(featuresAreComplete(folder, meta)).toBe(false)
    const first = await featureWriter(folder, meta, { shardRows: 4 })
    first.append(rows(0, 5))
    first.close()
    expect(featuresAreComplete(folder, meta)).toBe(false)
    expect(() => openFeatures(folder)).toThrow(
      `${folder}: the features of 5 of 10 images are there; run \`captune encode\` again for the rest.`,
    )
    const second = await featureWriter(folder, meta, { shardRows: 4 })
    expect(second.rows).toBe(5)
    second.append(rows(5, 5))
    second.finish()
    expect(featuresAreComplete(folder, meta)).toBe(true)
    const features = openFeatures(folder)
    expect(features.read(stems.map((_, i) => i))).toEqual(rows(0, 10))
    features.close()
  })

  it('survives kill -9: whole shards stay, the lock is taken over', async () => {
    const folder = newFolder()
    const program = `
      import { featureWriter } from ${JSON.stringify(fromRoot('src/data/feature-cache.ts'))}
      const writer = await featureWriter(${JSON.stringify(folder)}, ${JSON.stringify(meta)}, { shardRows: 4 })
      writer.append(new Float32Array(6 * 12).fill(1))
      console.log('written')
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    await expect(featureWriter(folder, meta)).rejects.toThrow(UserError)
    await expect(featureWriter(folder, meta)).rejects.toThrow(
      `process ${child.pid!} is writing these features; wait for it to end, or stop it.`,
    )
    child.kill('SIGKILL')
    await once(child, 'exit')
    const writer = await featureWriter(folder, meta, { shardRows: 4 })
    expect(writer.rows).toBe(4)
    writer.append(rows(4, 6))
    writer.finish()
    const features = openFeatures(folder)
    expect(features.read([3, 9])).toEqual(Float32Array.of(...new Float32Array(12).fill(1), ...rows(9, 1)))
    features.close()
    expect(readdirSync(folder).filter((name) => /lock|tmp/.test(name))).toEqual([])
  })

  it('holds every row once where its index was refused and then taken', async () => {
    const folder = newFolder()
    const writer = await featureWriter(folder, meta, { shardRows: 4 })
    const index = join(folder, 'meta.json')
    mkdirSync(index)
    expect(() => writer.append(rows(0, 4))).toThrow(/meta\.json: cannot be written/)
    rmdirSync(index)
    writer.close()
    const second = await featureWriter(folder, meta, { shardRows: 4 })
    expect(second.rows).toBe(4)
    second.append(rows(4, 6))
    second.finish()
    const features = openFeatures(folder)
    expect(features.read(stems.map((_, i) => i))).toEqual(rows(0, 10))
    features.close()
  })

  it.skipIf(!canMount())(
    'because the disk was full says so, and goes on once there is space (needs root, to mount a small disk)',
    async () => {
      const disk = mkdtempSync(join(temporary, 'disk-'))
      const folder = join(disk, 'features')
      const large = featureMeta({ ...meta, rowShape: [2048] })
      const largeRows = (first: number, count: number) =>
        Float32Array.from({ length: count * 2048 }, (_, i) => first + Math.floor(i / 2048))
      const sentence =
        /(\d{5}\.safetensors|meta\.json): cannot be written, the disk is full; free some space and run the same command again\.$/
      mount(disk, '24k')
      try {
        const writer = await featureWriter(folder, large, { shardRows: 1 })
        expect(() => writer.append(largeRows(0, 10))).toThrow(sentence)
        expect(() => writer.close()).toThrow(sentence)
        const whole = writer.rows - 1
        expect(readdirSync(folder).filter((name) => /lock|tmp/.test(name))).toEqual([])
        resize(disk, '1m')
        const second = await featureWriter(folder, large, { shardRows: 1 })
        expect(second.rows).toBe(whole)
        expect(whole).toBeGreaterThan(0)
        second.append(largeRows(whole, 10 - whole))
        second.finish()
        const features = openFeatures(folder)
        expect(features.read(stems.map((_, i) => i))).toEqual(largeRows(0, 10))
        features.close()
      } finally {
        unmount(disk)
      }
    },
  )

  it.skipIf(!canMount())('leaves no lock on a disk too full for one (needs root, to mount a small disk)', async () => {
    const disk = mkdtempSync(join(temporary, 'disk-'))
    const folder = join(disk, 'features')
    mount(disk, '8k')
    try {
      mkdirSync(folder)
      writeFileSync(join(disk, 'filler'), new Uint8Array(8192))
      await expect(featureWriter(folder, meta)).rejects.toThrow(/writer\.lock: cannot be written, the disk is full; /)
      expect(readdirSync(folder)).toEqual([])
    } finally {
      unmount(disk)
    }
  })

  it('reports unfinished work as a mistake of the program', async () => {
    const writer = await featureWriter(newFolder(), meta)
    writer.append(rows(0, 2))
    expect(() => writer.finish()).toThrow('finished with 2 of 10 rows')
    const other = await featureWriter(newFolder(), meta)
    expect(() => other.append(rows(0, 11))).toThrow(/132 values appended after row 0 of 10/)
    expect(() => other.append(new Float32Array(5))).toThrow(/5 values appended/)
    other.close()
  })
})

describe('two writers of one cache', () => {
  it('wait for each other: the second finds the work done', async () => {
    const folder = newFolder()
    const first = await featureWriter(folder, meta)
    const second = featureWriter(folder, meta, { patienceMs: 5000 })
    first.append(rows(0, 10))
    setTimeout(() => first.finish(), 150)
    const late = await second
    expect(late.rows).toBe(10)
    late.finish()
  })

  it('stop waiting when asked to', async () => {
    const folder = newFolder()
    const first = await featureWriter(folder, meta)
    const stop = new AbortController()
    const second = featureWriter(folder, meta, { patienceMs: 60_000, signal: stop.signal })
    setTimeout(() => stop.abort(), 30)
    await expect(second).rejects.toThrow(InterruptedError)
    first.close()
  })

  it('respect the lock of another machine', async () => {
    const folder = newFolder()
    await filled(folder)
    const lock = join(folder, 'writer.lock')
    writeFileSync(lock, JSON.stringify({ host: 'elsewhere', pid: 1, start: '', token: '' }))
    await expect(featureWriter(folder, meta)).rejects.toThrow(
      `${lock}: process 1 on elsewhere is writing these features; wait for it, or delete this file`,
    )
  })

  it('take over the lock of a dead process, also when many want it at once', async () => {
    const folder = newFolder()
    await filled(folder)
    writeFileSync(
      join(folder, 'writer.lock'),
      JSON.stringify({ host: hostname(), pid: process.pid, start: 'long ago', token: '' }),
    )
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => featureWriter(folder, meta)))
    const won = tries.filter((result) => result.status === 'fulfilled')
    expect(won).toHaveLength(1)
    won[0]!.value.close()
    expect(existsSync(join(folder, 'writer.lock'))).toBe(false)
  })
})

describe('a feature cache that was damaged', () => {
  it('names the file and the image, and heals once the file is deleted', async () => {
    const folder = newFolder()
    await filled(folder)
    const file = join(folder, '00001.safetensors')
    const content = readFileSync(file)
    content[content.length - 1]! ^= 1
    writeFileSync(file, content)
    const features = openFeatures(folder)
    expect(features.read([6])).toEqual(rows(6, 1))
    expect(() => features.read([6, 7])).toThrow(UserError)
    expect(() => features.read([7])).toThrow(
      `${file}: the features of image image-7 (row 3) are damaged; delete this file and run \`captune encode\` again.`,
    )
    features.close()
    rmSync(file)
    expect(() => openFeatures(folder)).toThrow(`${file}: missing or cut; run \`captune encode\` again.`)
    const writer = await featureWriter(folder, meta, { shardRows: 4 })
    expect(writer.rows).toBe(4)
    writer.append(rows(4, 6))
    writer.finish()
    const healed = openFeatures(folder)
    expect(healed.read([7])).toEqual(rows(7, 1))
    healed.close()
  })

  it('is noticed where a shard was cut', async () => {
    const folder = newFolder()
    await filled(folder)
    truncateSync(join(folder, '00002.safetensors'), 100)
    expect(featuresAreComplete(folder, meta)).toBe(false)
    expect(() => openFeatures(folder)).toThrow(/00002\.safetensors: missing or cut/)
  })

  it.each([
    ['not JSON', '{', /meta\.json: not an index of version 1; delete the folder/],
    ['of another version', '{"version": 9}', /meta\.json: not an index of version 1; delete the folder/],
    ['without shards', '{"version": 1}', /meta\.json: damaged; delete the folder/],
    ['null', 'null', /meta\.json: not an index/],
  ])('refuses an index that is %s', async (_, content, sentence) => {
    const folder = newFolder()
    await filled(folder)
    writeFileSync(join(folder, 'meta.json'), content)
    expect(featuresAreComplete(folder, meta)).toBe(false)
    expect(() => openFeatures(folder)).toThrow(UserError)
    expect(() => openFeatures(folder)).toThrow(sentence)
    await expect(featureWriter(folder, meta)).rejects.toThrow(sentence)
    expect(existsSync(join(folder, 'writer.lock'))).toBe(false)
  })

  it('refuses a shard name that leads out of the folder', async () => {
    const folder = newFolder()
    await filled(folder)
    const index = readFileSync(join(folder, 'meta.json'), 'utf8')
    writeFileSync(join(folder, 'meta.json'), index.replace('00000.safetensors', '../../x.safetensors'))
    expect(() => openFeatures(folder)).toThrow(/damaged/)
  })

  it('is told from the features of something else', async () => {
    const folder = newFolder()
    await filled(folder)
    const other = featureMeta({ ...meta, weights: 'other' })
    expect(featuresAreComplete(folder, other)).toBe(false)
    await expect(featureWriter(folder, other)).rejects.toThrow(/these are features of something else/)
  })

  it('cannot be made where a file stands in the way', async () => {
    const folder = newFolder()
    writeFileSync(folder, '')
    await expect(featureWriter(folder, meta)).rejects.toThrow(/a file stands where a folder is needed/)
  })
})
