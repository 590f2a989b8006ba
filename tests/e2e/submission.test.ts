// hw3_download.sh against a real server that is as good or as bad as a test wants.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../src/base/files.ts'
import { readSubmission, writeSubmission, type HostedFile } from '../../src/submission/submission.ts'
import { tarPieces } from '../../src/submission/tar.ts'
import { brokenAfter, serve, wholeFile, type Answer } from '../unit/sources/file-server.ts'
import { temporaryPlace } from './captune.ts'
import { bareCheckout, bash } from './checkout.ts'

const place = temporaryPlace()
const root = bareCheckout(join(place, 'a repository'))
const path = join(root, 'configs/submission.yaml')
const content = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 7919) % 256))
const target = join(root, 'weights/new folder/trained.pt')

/** Lists the files as hosted by a server that answers so; counts what is asked of it. */
async function hosting(answer: Answer, change: Partial<HostedFile> = {}, data: Uint8Array = content): Promise<{ asked: number }> {
  const count = { asked: 0 }
  const url = await serve((request, response) => {
    count.asked++
    answer(request, response)
  })
  const file = { name: 'trained', path: 'weights/new folder/trained.pt', bytes: data.length, sha256: sha256(data), ...change }
  writeSubmission({ ...readSubmission(path), files: [{ ...file, url: `${url}uc?id=1&export=download` }] }, path)
  rmSync(target, { force: true })
  return count
}

const download = (env?: NodeJS.ProcessEnv) => bash('a repository/hw3_download.sh', [], { cwd: place, ...(env ? { env } : {}) })

const wget = spawnSync('wget', ['--version']).status === 0

describe.skipIf(!wget)(`hw3_download.sh${wget ? '' : ' (skipped: there is no wget here)'}`, () => {
  it('fetches what is listed into folders that are not there yet, and leaves alone what is there', async () => {
    const count = await hosting(wholeFile(content))
    expect(await download()).toMatchObject({ code: 0, stdout: '' })
    expect(readFileSync(target).equals(content)).toBe(true)
    expect(await download()).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(count.asked).toBe(1)
  })

  it('has nothing to do where nothing is listed', async () => {
    writeSubmission({ ...readSubmission(path), files: [] }, path)
    expect(await download()).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  it('goes on where a connection broke, and where an earlier start left a part', async () => {
    const count = await hosting(brokenAfter(90_000, content))
    expect((await download()).code).toBe(0)
    expect(readFileSync(target).equals(content)).toBe(true)
    expect(count.asked).toBe(3)

    await hosting(wholeFile(content))
    writeFileSync(target, content.subarray(0, 150_000))
    expect((await download()).stderr).toContain('50000') // of the 200 000 bytes, remaining
    expect(readFileSync(target).equals(content)).toBe(true)
  })

  it.each([
    ['as long', Buffer.alloc(content.length)],
    ['shorter', Buffer.alloc(1000)],
    ['longer', Buffer.alloc(content.length + 1)],
    ['empty', Buffer.alloc(0)],
  ])('overwrites a file with other bytes that is %s', async (_, wrong) => {
    await hosting(wholeFile(content))
    writeFileSync(target, wrong)
    expect((await download()).code).toBe(0)
    expect(readFileSync(target).equals(content)).toBe(true)
  })

  it('fails with a sentence where the server has another file or none', async () => {
    await hosting(wholeFile(content), { sha256: sha256('another') })
    const other = await download()
    expect(other.code).toBe(1)
    expect(other.stderr).toMatch(
      /\nhw3_download\.sh: weights\/new folder\/trained\.pt is not what was submitted: the file at http\S+ has another SHA-256\.\n$/,
    )

    await hosting((_, response) => response.writeHead(404).end())
    const none = await download()
    expect(none.code).toBe(1)
    expect(none.stderr).toMatch(/trained\.pt cannot be fetched from http\S+; run this script again, it continues\.\n$/)
  })

  it('unpacks an archive, also when it was there already, with nothing but wget, tar, gzip and sha256sum on the PATH', async () => {
    const bin = join(place, 'bin')
    mkdirSync(bin)
    for (const name of ['wget', 'tar', 'gzip', 'sha256sum']) {
      const { stdout } = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' })
      symlinkSync(stdout.trim(), join(bin, name))
    }
    const { gzipSync } = await import('node:zlib')
    const archive = gzipSync(Buffer.concat([...tarPieces([{ path: 'runtime/x/y', data: content }])]))
    const runtime = { name: 'runtime', path: 'submission/runtime.tar.gz', unpack: '.' }
    const count = await hosting(wholeFile(archive), runtime, archive)
    for (let i = 0; i < 2; i++) {
      expect(await download({ PATH: bin })).toMatchObject({ code: 0 })
      expect(readFileSync(join(root, 'runtime/x/y')).equals(content)).toBe(true)
      rmSync(join(root, 'runtime'), { recursive: true })
    }
    expect(count.asked).toBe(1)
    expect(existsSync(join(root, 'submission/runtime.tar.gz'))).toBe(true)
  })

  it('refuses a list that the program did not write', async () => {
    writeFileSync(path, readFileSync(path, 'utf8').replace(/\nfiles:[^]*/, '\nfiles:\n  - {name: x}\n'))
    expect(await download()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is not as `captune submit` writes it.') as string,
    })
  })
})
