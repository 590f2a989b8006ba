import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { InterruptedError, UserError } from '../../../src/base/errors.ts'
import { sha256 } from '../../../src/base/files.ts'
import type { Progress } from '../../../src/base/progress.ts'
import { random } from '../../../src/base/random.ts'
import { download, partOf, UnavailableError } from '../../../src/sources/download.ts'
import type { PublishedFile } from '../../../src/sources/published.ts'
import { brokenAfter, firstByte, rangeHeaders, serve, wholeFile, type Answer } from './file-server.ts'

const place = mkdtempSync(join(tmpdir(), 'captune-download-'))
afterAll(() => rmSync(place, { recursive: true, force: true }))

const chance = random(1, 'download')
const content = Uint8Array.from({ length: 300_000 }, () => chance.below(256))
const target = join(place, 'folder/model.pt')
const part = partOf(target)

beforeEach(() => rmSync(join(place, 'folder'), { recursive: true, force: true }))

const published = (...urls: string[]): PublishedFile => ({
  name: 'model.pt',
  urls,
  bytes: content.length,
  sha256: sha256(content),
})

/** Downloads from a server that answers so; gives back what was reported and what was asked for. */
async function downloaded(answer: Answer, wanted: Partial<PublishedFile> = {}) {
  const asked: number[] = []
  const reports: Progress[] = []
  const url = await serve((request, response) => {
    asked.push(firstByte(request))
    answer(request, response)
  })
  const failure: unknown = await download({ ...published(`${url}model.pt`), ...wanted }, target, {
    report: (progress) => reports.push(progress),
  }).then(
    () => undefined,
    (error: unknown) => error,
  )
  return { asked, reports, url, failure }
}

const beginWith = (bytes: Uint8Array) => {
  mkdirSync(join(place, 'folder'))
  writeFileSync(part, bytes)
}

function expectWhole(): void {
  expect(sha256(readFileSync(target))).toBe(sha256(content))
  expect(existsSync(part)).toBe(false)
}

describe('a download', () => {
  it('brings the whole file under its own name, and says how far it is', async () => {
    const { asked, reports, failure } = await downloaded(wholeFile(content))
    expect(failure).toBeUndefined()
    expectWhole()
    expect(asked).toEqual([0])
    const arriving = reports.filter(({ phase }) => phase === 'model.pt').map(({ done }) => done)
    expect(arriving.at(-1)).toBe(content.length)
    expect(arriving).toEqual(arriving.toSorted((a, b) => a - b))
  })

  it('goes on where an earlier one stopped', async () => {
    beginWith(content.subarray(0, 100_000))
    const { asked, failure } = await downloaded(wholeFile(content))
    expect(failure).toBeUndefined()
    expect(asked).toEqual([100_000])
    expectWhole()
  })

  it('asks for the rest each time the connection breaks, as long as something new has come', async () => {
    const { asked, failure } = await downloaded(brokenAfter(120_000, content))
    expect(failure).toBeUndefined()
    expect(asked[0]).toBe(0)
    expect(asked.length).toBeGreaterThan(1)
    expectWhole()
  })

  it('keeps what it has where nothing new comes, and says how to go on', async () => {
    beginWith(content.subarray(0, 100_000))
    const { url, failure } = await downloaded(brokenAfter(0, content))
    expect(failure).toBeInstanceOf(UnavailableError)
    expect(failure).toHaveProperty(
      'message',
      `${url}model.pt: the connection broke at 0.1 MB of 0.3 MB; the same command goes on from there.`,
    )
    expect(readFileSync(part).length).toBe(100_000)
  })

  it('begins anew where the server cannot send a part', async () => {
    beginWith(content.subarray(0, 100_000))
    const { failure } = await downloaded((_, response) => response.writeHead(200).end(content))
    expect(failure).toBeUndefined()
    expectWhole()
  })

  it('needs no server for a part that is whole already', async () => {
    beginWith(content)
    const { asked, failure } = await downloaded(wholeFile(content))
    expect(failure).toBeUndefined()
    expect(asked).toEqual([])
    expectWhole()
  })

  it('throws away a part that is longer than the file', async () => {
    beginWith(new Uint8Array(content.length + 1))
    expect((await downloaded(wholeFile(content))).failure).toBeUndefined()
    expectWhole()
  })

  it('follows redirects', async () => {
    const { failure } = await downloaded((request, response) => {
      if (request.url === '/model.pt') response.writeHead(302, { location: '/moved/model.pt' }).end()
      else wholeFile(content)(request, response)
    })
    expect(failure).toBeUndefined()
    expectWhole()
  })

  it('takes the next address where one does not have the file, with the bytes that are here already', async () => {
    const broken = await serve(brokenAfter(0, content))
    const gone = await serve((_, response) => response.writeHead(404).end('no such page'))
    const good = await serve(wholeFile(content))
    beginWith(content.subarray(0, 100_000))
    await download(published(`${broken}a`, `${gone}b`, `${good}c`), target, { report: () => undefined })
    expectWhole()
  })
})

describe('a server that gives something else', () => {
  it.each<[string, Answer, RegExp]>([
    ['404', (_, response) => response.writeHead(404).end(), /: the server answers 404 Not Found\.$/],
    ['503', (_, response) => response.writeHead(503).end(), /: the server answers 503 Service Unavailable\.$/],
    [
      'a page of another size',
      (_, response) => response.writeHead(200, { 'content-length': 19 }).end('<html>log in</html>'),
      /: the file there has 19 bytes, model\.pt has 300000\.$/,
    ],
    [
      'a page whose size it does not say',
      (_, response) => response.writeHead(200).end('<html>log in</html>'),
      /: what came is not model\.pt, it has 19 bytes, the published one has 300000; it was removed\.$/,
    ],
    [
      'more than the file without saying so',
      (_, response) => {
        response.writeHead(200)
        response.write(content)
        response.end(content)
      },
      /: what came is not model\.pt, it has \d+ bytes, the published one has 300000; it was removed\.$/,
    ],
  ])('(%s) is named, and nothing stands under the name of the file', async (_, answer, sentence) => {
    const { failure, url } = await downloaded(answer)
    expect(failure).toBeInstanceOf(UnavailableError)
    expect(failure).toHaveProperty('message', expect.stringMatching(sentence))
    expect(failure).toHaveProperty('message', expect.stringContaining(`${url}model.pt: `))
    expect(existsSync(target)).toBe(false)
  })

  it('(the right size, another SHA-256) has its file removed', async () => {
    const { failure } = await downloaded(wholeFile(new Uint8Array(content.length)))
    expect(failure).toHaveProperty(
      'message',
      expect.stringMatching(
        /: what came is not model\.pt, its SHA-256 is \w{64}, the published one's is \w{64}; it was removed\.$/,
      ),
    )
    expect([existsSync(part), existsSync(target)]).toEqual([false, false])
  })

  it('(the wrong part) is refused and the part stays', async () => {
    beginWith(content.subarray(0, 100_000))
    const { failure } = await downloaded((_, response) => response.writeHead(206, rangeHeaders(0, content)).end(content))
    expect(failure).toHaveProperty(
      'message',
      expect.stringMatching(/: the server sends byte 0 where byte 100000 was asked for\.$/),
    )
    expect(readFileSync(part).length).toBe(100_000)
  })

  it('(416, a shorter file) is refused and the part stays', async () => {
    beginWith(content.subarray(0, 100_000))
    const { failure } = await downloaded(wholeFile(content.subarray(0, 50_000)))
    expect(failure).toHaveProperty(
      'message',
      expect.stringMatching(/: the file there ends before byte 100000, model\.pt has 300000 bytes\.$/),
    )
    expect(readFileSync(part).length).toBe(100_000)
  })

  it('(an endless redirect) is named', async () => {
    const { failure } = await downloaded((request, response) => response.writeHead(302, { location: request.url }).end())
    expect(failure).toHaveProperty('message', expect.stringMatching(/: cannot be reached, redirect count exceeded\.$/))
  })
})

describe('where no server is', () => {
  it('each address is named with the reason', async () => {
    const file = published('http://127.0.0.1:9/model.pt', 'http://no-such-host.invalid/model.pt')
    await expect(download(file, target, { report: () => undefined })).rejects.toThrow(
      /^http:\/\/127\.0\.0\.1:9\/model\.pt: cannot be reached, .+\.\nhttp:\/\/no-such-host\.invalid\/model\.pt: cannot be reached, .+\.$/,
    )
  })
})

describe('a stop', () => {
  it('keeps what has come, and the next download goes on with it', async () => {
    const controller = new AbortController()
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': content.length })
      response.write(content.subarray(0, 150_000)) // and then nothing
    })
    const stopping = download(published(`${url}model.pt`), target, {
      report: ({ done }) => {
        if (done === 150_000) controller.abort()
      },
      signal: controller.signal,
    })
    await expect(stopping).rejects.toThrow(
      new InterruptedError('Stopped at 0.1 MB of 0.3 MB of model.pt; the same command goes on from there.'),
    )
    expect(readFileSync(part).length).toBe(150_000)
    expect((await downloaded(wholeFile(content))).asked).toEqual([150_000])
    expectWhole()
  })

  it('ends a download that waits for a server', async () => {
    const controller = new AbortController()
    const url = await serve(() => controller.abort())
    const waiting = download(published(`${url}model.pt`), target, { report: () => undefined, signal: controller.signal })
    await expect(waiting).rejects.toThrow(InterruptedError)
  })
})

describe('a disk that cannot hold the file', () => {
  it('is told before a byte is asked for', async () => {
    const { asked, failure } = await downloaded(wholeFile(content), { bytes: 1e18 })
    expect(failure).toBeInstanceOf(UserError)
    expect(failure).toHaveProperty(
      'message',
      expect.stringMatching(
        /folder: its disk has [\d.]+ MB left and 1000000000000\.0 MB are needed; free some space or choose another folder with --to\.$/,
      ),
    )
    expect(asked).toEqual([])
  })
})
