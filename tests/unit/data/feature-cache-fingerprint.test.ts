import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { fingerprint } from '../../../src/data/fingerprint.ts'

const folder = mkdtempSync(join(tmpdir(), 'fingerprint-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string, age = 100) {
  const path = join(folder, name)
  writeFileSync(path, content)
  const time = Date.now() / 1000 - age
  utimesSync(path, time, time)
  return { name, path }
}

describe('the fingerprint of files', () => {
  it('is that of names and contents, in any order', async () => {
    const [a, b] = [file('a', 'one'), file('b', 'two')]
    const first = await fingerprint([a, b])
    expect(first).toMatch(/^[\da-f]{64}$/)
    expect(await fingerprint([b, a])).toBe(first)
    expect(
      await fingerprint([
        { ...a, name: 'b' },
        { ...b, name: 'a' },
      ]),
    ).not.toBe(first)
    expect(await fingerprint([a, file('b', 'twö')])).not.toBe(first)
  })

  it('is remembered, and computed anew where a file changed', async () => {
    const cache = join(folder, 'cache.json')
    const [a, b] = [file('a', 'one'), file('b', 'two')]
    const first = await fingerprint([a, b], cache)
    const written = statSync(cache).mtimeMs
    expect(await fingerprint([a, b], cache)).toBe(first)
    expect(statSync(cache).mtimeMs).toBe(written)
    file('b', 'TWO', 50)
    expect(await fingerprint([a, b], cache)).toBe(await fingerprint([a, b]))
    writeFileSync(cache, '{"broken')
    expect(await fingerprint([a, b], cache)).not.toBe(first)
  })

  it('does not trust the time of a file that was just written', async () => {
    const cache = join(folder, 'young.json')
    const young = file('young', 'one', 0)
    const first = await fingerprint([young], cache)
    const { atime, mtime } = statSync(young.path)
    writeFileSync(young.path, 'two')
    utimesSync(young.path, atime, mtime)
    expect(await fingerprint([young], cache)).not.toBe(first)
    expect(() => readFileSync(cache)).toThrow('ENOENT')
  })

  it('names a file that is missing', async () => {
    await expect(fingerprint([{ name: 'x', path: join(folder, 'none') }])).rejects.toThrow(/none: the file is missing/)
  })

  it('copes with more files than are open at once', async () => {
    const files = Array.from({ length: 100 }, (_, i) => file(`f${i}`, String(i)))
    expect(await fingerprint(files)).toBe(await fingerprint(files.toReversed()))
  })
})
