import { mkdtempSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { IncompleteError, UserError } from '../../../src/base/errors.ts'
import { featureMeta, featureWriter } from '../../../src/data/feature-cache.ts'
import { chosenCaches, featureCaches, reasonToKeep, removeCache } from '../../../src/recipes/cache.ts'
import { databasePath, featuresFolder, runFolder } from '../../../src/recipes/places.ts'
import { openRunWriter } from '../../../src/tracking/writer.ts'

const temporary = mkdtempSync(join(tmpdir(), 'cache-test-'))
afterAll(() => rmSync(temporary, { recursive: true }))
beforeEach(() => vi.stubEnv('CAPTUNE_RUNS', mkdtempSync(join(temporary, 'runs-'))))
afterEach(() => vi.unstubAllEnvs())

/** A cache of two images, `rows` of them there, last used `days` ago; its fingerprint. */
async function cache(kind: string, rows: number, days: number): Promise<string> {
  const meta = featureMeta({ kind, weights: 'w', transform: 't', data: 'd', stems: ['a', 'b'], rowShape: [4] })
  const writer = await featureWriter(join(featuresFolder(), meta.fingerprint), meta, { shardRows: 1 })
  writer.append(new Float32Array(4 * rows))
  writer.close()
  const time = Date.now() / 1000 - days * 86_400
  utimesSync(join(featuresFolder(), meta.fingerprint, 'meta.json'), time, time)
  return meta.fingerprint
}

const chosen = (...choice: [Partial<Parameters<typeof chosenCaches>[1]>]) =>
  chosenCaches(featureCaches(), { fingerprints: [], ...choice[0] }).map(({ fingerprint }) => fingerprint)

describe('choosing caches', () => {
  it('takes those for which all that is given holds', async () => {
    const [young, old, half] = [await cache('young', 2, 1), await cache('old', 2, 40), await cache('half', 1, 40)]
    expect(chosen({ older: 30 })).toHaveLength(2)
    expect(chosen({ incomplete: true })).toEqual([half])
    expect(chosen({ older: 30, incomplete: true })).toEqual([half])
    expect(chosen({ fingerprints: [old.slice(0, 6)] })).toEqual([old])
    expect(chosen({ fingerprints: [young], older: 30 })).toEqual([])
    expect(chosen({ older: 0 })).toHaveLength(3)
  })

  it('refuses to guess', async () => {
    await cache('young', 2, 1)
    expect(() => chosen({})).toThrow(
      new UserError(
        'captune cache prune: nothing was chosen; name fingerprints (`captune cache ls` lists them), --older DAYS or --incomplete.',
      ),
    )
    expect(() => chosen({ fingerprints: ['none'] })).toThrow(
      /no cache's fingerprint begins with "none"; `captune cache ls` lists them\.$/,
    )
    await cache('old', 2, 1)
    expect(() => chosen({ fingerprints: [''] })).toThrow(/2 fingerprints begin with ""; more of it is needed\.$/)
  })
})

describe('a cache that a run reads', () => {
  it('counts the run, stays while it is under way, and may go when it has ended', async () => {
    const fingerprint = await cache('all', 2, 1)
    const run = { id: 'r1', study: 's', attempt: 'a', kind: 'train', seed: 1, config_hash: 'h', name: 'n' }
    const writer = await openRunWriter({ database: databasePath(), folder: runFolder('r1'), run })
    writer.environment({ 'features.train': fingerprint, 'features.val': fingerprint })
    await writer.flush()
    const [busy] = featureCaches()
    expect(busy).toMatchObject({ runs: ['r1'], running: ['r1'] })
    expect(reasonToKeep(busy!)).toBe('run r1 is reading it')
    await expect(removeCache(busy!)).rejects.toThrow(new IncompleteError(`${fingerprint} is kept: run r1 is reading it.`))
    await writer.finish('finished')
    const [idle] = featureCaches()
    expect(idle).toMatchObject({ runs: ['r1'], running: [] })
    expect(await removeCache(idle!)).toBe(idle!.bytes)
    expect(featureCaches()).toEqual([])
  })

  it('stays where a writer came between looking and deleting', async () => {
    const fingerprint = await cache('all', 1, 1)
    const [seen] = featureCaches()
    const writer = await featureWriter(seen!.folder, seen!.meta!)
    await expect(removeCache(seen!)).rejects.toThrow(IncompleteError)
    writer.close()
    expect(featureCaches()).toMatchObject([{ fingerprint, rows: 1 }])
  })
})
