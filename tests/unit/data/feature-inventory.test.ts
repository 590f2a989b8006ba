import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { UserError } from '../../../src/base/errors.ts'
import { featureMeta, featureWriter, openFeatures } from '../../../src/data/feature-cache.ts'
import { cachedFeatures, removeFeatures } from '../../../src/data/feature-inventory.ts'

const temporary = mkdtempSync(join(tmpdir(), 'inventory-test-'))
afterAll(() => rmSync(temporary, { recursive: true }))

const origin = { encoder: 'weights/clip.safetensors', images: 'train' }
const metaOf = (kind: string) =>
  featureMeta({ kind, weights: 'w', transform: 't', data: 'd', stems: ['a', 'b', 'c'], rowShape: [4] })

/** A cache with the features of `rows` of three images, last used `age` seconds ago. */
async function cache(parent: string, kind: string, rows: number, age: number): Promise<string> {
  const meta = metaOf(kind)
  const folder = join(parent, meta.fingerprint)
  const writer = await featureWriter(folder, meta, { shardRows: 1, origin })
  writer.append(new Float32Array(4 * rows))
  writer.close()
  const time = Date.now() / 1000 - age
  utimesSync(join(folder, 'meta.json'), time, time)
  return folder
}

const newParent = () => mkdtempSync(join(temporary, 'p-'))
const only = (parent: string) => cachedFeatures(parent)[0]!

describe('the inventory of feature caches', () => {
  it('tells what each is and in which state, the one used last first', async () => {
    const parent = newParent()
    await cache(parent, 'tokens', 3, 50)
    await cache(parent, 'patches', 2, 20)
    const cut = await cache(parent, 'embedding', 3, 10)
    truncateSync(join(cut, '00001.safetensors'), 5)
    writeFileSync(join(cut, '00003.safetensors.0a1b2c3d.tmp'), 'a killed writer left this')
    mkdirSync(join(parent, 'something-else'))
    expect(cachedFeatures(parent)).toMatchObject([
      {
        fingerprint: metaOf('embedding').fingerprint,
        state: 'damaged',
        flaw: `${cut}/00001.safetensors: missing or cut; run \`captune encode\` again.`,
      },
      { meta: metaOf('patches'), state: 'incomplete', rows: 2, origin },
      { meta: metaOf('tokens'), state: 'complete', rows: 3, origin, flaw: undefined, writer: undefined },
    ])
    expect(Math.round((Date.now() - cachedFeatures(parent)[2]!.used) / 1000)).toBe(50)
  })

  it('is empty where there is no folder', () => {
    expect(cachedFeatures(join(temporary, 'none'))).toEqual([])
  })

  it('knows a folder whose index cannot be read, and one that has none yet', () => {
    const parent = newParent()
    for (const name of ['0'.repeat(16), '1'.repeat(16)]) mkdirSync(join(parent, name))
    writeFileSync(join(parent, '0'.repeat(16), 'meta.json'), '{')
    const found = cachedFeatures(parent).sort((a, b) => a.fingerprint.localeCompare(b.fingerprint))
    expect(found).toMatchObject([
      { state: 'damaged', flaw: expect.stringContaining('not an index') as string, meta: undefined },
      { state: 'incomplete', flaw: expect.stringContaining('nothing was written yet') as string, meta: undefined },
    ])
  })

  it('reads caches that were written before origins were', async () => {
    const parent = newParent()
    const meta = metaOf('old')
    const writer = await featureWriter(join(parent, meta.fingerprint), meta)
    writer.append(new Float32Array(12))
    writer.finish()
    expect(only(parent)).toMatchObject({ state: 'complete', origin: undefined })
  })
})

describe('removing a feature cache', () => {
  it('frees what it took and leaves nothing of it', async () => {
    const parent = newParent()
    const folder = await cache(parent, 'tokens', 3, 0)
    writeFileSync(join(folder, 'meta.json.0a1b2c3d.tmp'), 'left over')
    const { bytes } = only(parent)
    expect(await removeFeatures(only(parent))).toBe(bytes)
    expect(readdirSync(parent)).toEqual([])
  })

  it('is refused while somebody writes it', async () => {
    const parent = newParent()
    const folder = await cache(parent, 'tokens', 1, 0)
    const writer = await featureWriter(folder, metaOf('tokens'), { shardRows: 1 })
    expect(only(parent).writer).toBe(`process ${process.pid}`)
    await expect(removeFeatures(only(parent))).rejects.toThrow(UserError)
    writer.append(new Float32Array(8))
    writer.finish()
    openFeatures(folder).close()
    expect(only(parent)).toMatchObject({ state: 'complete', writer: undefined })
  })

  it("keeps files that are not the cache's", async () => {
    const parent = newParent()
    const folder = await cache(parent, 'tokens', 3, 0)
    writeFileSync(join(folder, 'notes.txt'), 'mine')
    await removeFeatures(only(parent))
    expect(readdirSync(folder)).toEqual(['notes.txt'])
  })
})
