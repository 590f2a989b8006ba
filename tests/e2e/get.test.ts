// `captune get` as a user types it, against a real server on this machine; what only real files can show needs CAPTUNE_TEST_DATA.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import { captuneHere } from './captune-here.ts'
import { startCaptune, temporaryPlace, tinyWorld } from './captune.ts'
import { firstByte, serve, wholeFile } from '../unit/sources/file-server.ts'
import { canMount, mount, unmount } from './small-disk.ts'

const place = temporaryPlace()
const runs = join(place, 'runs')
const data = process.env['CAPTUNE_TEST_DATA'] ?? ''
const brought = join(data, 'vocabulary')
let to: string
let count = 0

beforeEach(() => {
  to = join(place, `to-${count++}`)
})

const get = (...args: string[]) => captuneHere(['get', ...args], { runs, cwd: place })
const here = () => (existsSync(to) ? readdirSync(to).sort() : [])

describe('captune get', () => {
  it('lists what comes from outside, how large it is and from whom', async () => {
    const { code, stdout } = await get()
    expect(code).toBe(0)
    expect(stdout).toMatch(/^get +where +size +state +from\n/)
    expect(stdout).toMatch(/\nclip ViT-L\/14 +weights\/clip\/ViT-L-14\.pt +933 MB +\S.* +OpenAI\n/)
    expect(stdout).toMatch(/\nvocabulary +weights\/vocabulary \(3 files\) +2\.9 MB /)
    expect(stdout).toMatch(/\ncourse +hw3_data +\S+ +the course\n/)
  })

  it.each([
    [['clip'], /^get clip: no model is named; one of ViT-B\/32, .* is needed\.\n$/],
    [['gpt3'], /^get: there is no "gpt3"; course, clip MODEL .* is needed\.\n$/],
    [['--from', 'x'], /^get: --from of what\? .* is needed\.\n$/],
    [['vocabulary', '--url', 'ftp://x/'], /^--url: "ftp:\/\/x\/" is no address; .* is needed\.\n$/],
    [['vocabulary', '--url', 'http://x/a'], /^--url: "http:\/\/x\/a" is one file and 3 are wanted; .* is needed\.\n$/],
    [['course', '--url', 'http://x/a.zip'], /^get course: --url does not apply, .* is needed\.\n$/],
    [['course', '--from', 'nowhere'], /nowhere: there is no such folder; the unpacked hw3_data is needed\.\n$/],
    [['course', '--check'], /^get: --check verifies the course's tree as a whole; leave out "course"\.\n$/],
  ])('refuses %j with one sentence', async (args, sentence) => {
    const { code, stderr } = await get(...args)
    expect(stderr).toMatch(sentence)
    expect(code).toBe(2)
  })

  it('prints addresses, sizes and places where no server can be reached', async () => {
    const { code, stderr } = await get('clip', 'ViT-B/32', '--to', to, '--url', 'http://127.0.0.1:9/ViT-B-32.pt')
    expect(code).toBe(2)
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(/^http:\/\/127\.0\.0\.1:9\/ViT-B-32\.pt: cannot be reached, .*\.$/),
      '',
      'Fetched by other means',
      expect.stringMatching(/^ {2}https:\/\/openaipublic\.azureedge\.net\/clip\/models\/40d3\w+\/ViT-B-32\.pt$/),
      expect.stringMatching(/^ {4}is 354 MB and becomes to-\d+\/ViT-B-32\.pt$/),
      expect.stringMatching(/^by {2}captune get clip ViT-B\/32 --from PATH --to to-\d+$/),
      '',
    ])
    expect(here()).toEqual([])
  })

  it('names what a server answers', async () => {
    const url = await serve((_, response) => response.writeHead(404).end())
    const { code, stderr } = await get('decoder', '--to', to, '--url', url)
    expect(stderr).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\/gpt2\.safetensors: the server answers 404 Not Found\.\n\nFetched by other means\n/,
    )
    expect(code).toBe(2)
  })

  it('stops at Ctrl-C and keeps what has come', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 353_976_522 })
      response.write(Buffer.alloc(2_000_000))
    })
    const started = startCaptune(['get', 'clip', 'ViT-B/32', '--to', to, '--url', url], { runs })
    const part = join(to, 'ViT-B-32.pt.part')
    while (!existsSync(part) || statSync(part).size < 2_000_000) await after(20)
    started.signal('SIGINT')
    const { code, stderr } = await started.ended
    expect(stderr).toMatch(/^Stopped at 2\.0 MB of 354\.0 MB of ViT-B-32\.pt; the same command goes on from there\.\n$/m)
    expect(code).toBe(130)
    expect(here()).toEqual(['ViT-B-32.pt.part'])
  })

  it.skipIf(!canMount())('foresees a disk that is too small (needs root, to mount one)', async () => {
    mkdirSync(to)
    mount(to, '1000k')
    try {
      const { code, stderr } = await get('vocabulary', '--to', to, '--url', 'http://127.0.0.1:9/')
      expect(stderr).toMatch(
        /to-\d+: its disk has 1\.0 MB left and 1\.0 MB are needed; free some space or choose another folder with --to\.\n$/,
      )
      expect(code).toBe(2)
    } finally {
      unmount(to)
    }
  })
})

describe.skipIf(!canMount())('a disk that fills up while a file arrives (needs root, to mount a small one)', () => {
  it('is named, and what has come stays', async () => {
    mkdirSync(to)
    mount(to, '1200k')
    const encoder = Buffer.alloc(1_042_301)
    const asked: number[] = []
    const url = await serve((request, response) => {
      asked.push(firstByte(request))
      response.writeHead(200, { 'content-length': encoder.length })
      response.write(encoder.subarray(0, 500_000))
      const somebody = setInterval(() => {
        if (statSync(join(to, 'encoder.json.part')).size < 500_000) return
        clearInterval(somebody)
        writeFileSync(join(to, 'else.bin'), Buffer.alloc(400_000))
        response.end(encoder.subarray(500_000))
      }, 20)
    })
    try {
      const { code, stderr } = await get('vocabulary', '--to', to, '--url', url)
      expect(stderr).toMatch(
        /encoder\.json: cannot be written, the disk is full; free some space and run the same command again\.\n$/,
      )
      expect(code).toBe(2)
      expect(statSync(join(to, 'encoder.json.part')).size).toBeGreaterThanOrEqual(500_000)
      expect(asked).toEqual([0])
    } finally {
      unmount(to)
    }
  })
})

describe.skipIf(data === '')('captune get vocabulary (needs CAPTUNE_TEST_DATA)', () => {
  const names = ['bpe_simple_vocab_16e6.txt.gz', 'encoder.json', 'vocab.bpe']

  it('downloads, verifies, and finds everything there the second time', async () => {
    const url = await serve((request, response) =>
      wholeFile(readFileSync(join(brought, (request.url ?? '').slice(1))))(request, response),
    )
    const first = await get('vocabulary', '--to', to, '--url', url)
    expect(first.stderr).not.toMatch(/cannot|answers/)
    expect(first.code).toBe(0)
    expect(first.stdout).toMatch(/^to-\d+\/encoder\.json: 1\.0 MB, SHA-256 as published\n(.*\n){2}$/)
    expect(here()).toEqual(names)
    const second = await get('vocabulary', '--to', to)
    expect(second).toMatchObject({ code: 0, stderr: '' })
    expect(second.stdout.match(/there already/g)).toHaveLength(3)
  })

  it('takes what somebody brought, and says what is still missing', async () => {
    const usb = join(place, 'usb')
    mkdirSync(usb)
    cpSync(join(brought, 'vocab.bpe'), join(usb, 'merges.txt'))
    const some = await get('vocabulary', '--to', to, '--from', usb)
    expect(some.stderr).toMatch(/usb: encoder\.json, bpe_simple_vocab_16e6\.txt\.gz are not there and still missing; .*\n$/)
    expect([some.code, here()]).toEqual([3, ['vocab.bpe']])
    expect(await get('vocabulary', '--to', to, '--from', brought)).toMatchObject({ code: 0 })
    expect(here()).toEqual(names)
  })

  it('does not touch a file of the same name that is another one', async () => {
    mkdirSync(to)
    writeFileSync(join(to, 'encoder.json'), '{}')
    const { code, stderr } = await get('vocabulary', '--to', to, '--from', brought)
    expect(stderr).toMatch(/^to-\d+\/encoder\.json: this is not the published file, it has 2 bytes, .*; move it away .*\n$/)
    expect([code, readFileSync(join(to, 'encoder.json'), 'utf8')]).toEqual([2, '{}'])
  })
})

describe('captune get course', () => {
  it('says how to get the data, and that a zip is to be unpacked', async () => {
    const { code, stderr } = await get('course', '--to', to)
    expect(stderr).toMatch(/^to-\d+: the course's data is not there\.\n\nThe course gives its data out as a zip /)
    expect(stderr).toContain('captune get course --from FOLDER')
    expect(code).toBe(2)
    writeFileSync(join(place, 'hw3_data.zip'), 'PK')
    expect(await get('course', '--from', 'hw3_data.zip')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /hw3_data\.zip: this is a file; unpack it \(`unzip hw3_data\.zip`\) and give the folder that it makes\.\n$/,
      ) as string,
    })
  })

  it('checks a tree: exit code 3 and a line for each deviation', async () => {
    const world = tinyWorld(place)
    const { code, stdout, stderr } = await get('--check', world)
    expect(code).toBe(3)
    expect(stdout).toMatch(/\np2_data\/images\/train +32 +10 604 +images +no\n/)
    expect(stderr).toMatch(/^world\/world\.json: this is the built-in world and not the course's data; /m)
    expect(stderr).toMatch(/^world\/p2_data\/val\.json: 12 images; the course gives out 1 789\.$/m)
    const refused = await get('course', '--from', world, '--to', to)
    expect([refused.code, here()]).toEqual([3, []])
    expect(await get('--check', 'nowhere')).toMatchObject({ code: 3, stdout: '' })
  })
})
