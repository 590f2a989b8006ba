// The caches of features as a user meets them: filled by a command, listed, deleted, filled again.
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { captuneHere } from './captune-here.ts'
import { config, temporaryPlace, tiny, tinyWorld } from './captune.ts'

const place = temporaryPlace()
const runs = join(place, 'runs')

describe('captune cache', () => {
  it('lists what was computed, deletes what is named, and the next command computes it again', async () => {
    const cache = (...args: string[]) => captuneHere(['cache', ...args], { runs })
    expect(await cache('ls')).toMatchObject({ code: 0, stdout: expect.stringMatching(/no features yet/) as string })

    const encode = ['encode', config('none'), ...tiny(tinyWorld(place))]
    expect(await captuneHere(encode, { runs })).toMatchObject({ code: 0 })
    const listed = JSON.parse((await cache('ls', '--json')).stdout) as Record<string, unknown>[]
    expect(listed.map(({ of }) => of)).toEqual(['val for the judge', 'val', 'train'])
    expect(listed[2]).toMatchObject({
      state: 'complete',
      images: 32,
      rows: 32,
      kind: 'all',
      encoder: 'weights/shapes/clip.safetensors',
    })
    expect((await cache('ls')).stdout).toMatch(
      /^cache +features +of +images +size +used +runs +encoder\n.*\n(.+\n){3}\n3 caches, /,
    )

    const { fingerprint, bytes } = listed[2] as { fingerprint: string; bytes: number }
    const named = fingerprint.slice(0, 8)
    expect((await cache('prune', named, '--dry-run')).stdout).toContain(`would delete ${fingerprint} (all of train, `)
    expect(await cache('prune', named)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(new RegExp(`^deleted ${fingerprint} .*\n${(bytes / 1000).toFixed(0)} kB freed\n$`)) as string,
    })
    expect(await cache('prune', named)).toMatchObject({ code: 2, stdout: '' })
    expect(await cache('prune')).toMatchObject({ code: 2, stderr: expect.stringMatching(/nothing was chosen; /) as string })
    expect(await cache('prune', '--incomplete')).toMatchObject({
      code: 0,
      stdout: 'No cache is like that; nothing was deleted.\n',
    })

    expect((await captuneHere(encode, { runs })).stderr).toMatch(/features of train: 32\/32 images/)
    expect(JSON.parse((await cache('ls', '--json')).stdout)).toHaveLength(3)
  })
})
