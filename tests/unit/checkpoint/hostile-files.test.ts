import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromRoot } from '../../../src/base/files.ts'
import { random } from '../../../src/base/random.ts'
import { CheckpointError } from '../../../src/checkpoint/checkpoint-error.ts'
import { openCheckpoint } from '../../../src/checkpoint/open.ts'
import { archive, dict, global, pickle, tensor, text, tuple, whole, zip } from './pickles.ts'
import type { Piece } from './pickles.ts'

const fixture = (name: string) => readFileSync(fromRoot(`tests/fixtures/checkpoint/${name}`))
let folder = ''
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'hostile-'))))
afterAll(() => rmSync(folder, { recursive: true }))

function refusal(bytes: Buffer, use: (path: string) => unknown = (path) => openCheckpoint(path).readAll()): string {
  const path = join(folder, 'hostile.pt')
  writeFileSync(path, bytes)
  try {
    use(path)
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error
    expect(error.message.startsWith(path)).toBe(true)
    return error.message.slice(path.length + 2)
  }
  throw new Error('it was accepted')
}
const pickled = (...pieces: readonly Piece[]) => refusal(archive(pickle(...pieces)))

describe('a pickle that asks for more than tensors', () => {
  test.each([
    ['os', 'system'],
    ['builtins', 'eval'],
    ['posix', 'system'],
    ['torch', 'load'],
    ['torch._utils', '_rebuild_tensor_v2.__globals__'],
    ['__main__', 'Model'],
  ])('is refused by name: %s.%s', (module, name) => {
    const found = pickled(global(module, name), tuple(text('touch pwned')), 'R')
    expect(found).toBe(
      `entry \`archive/data.pkl\`: the pickle asks for \`${module}.${name}\` at offset 2; only tensors and plain values are read, and nothing of the file was run.`,
    )
  })

  test('is refused in protocol 4 as well, and never writes to a terminal', () => {
    expect(pickled(text('os'), text('system'), 0x93)).toContain('asks for `os.system` at offset')
    expect(pickled(global('os\u001b[2J', 'x'))).toContain('asks for `os?[2J.x`')
  })

  test('is refused in the legacy format before any tensor', () => {
    const legacy = fixture('every-kind-legacy.bin')
    const at = legacy.indexOf('ccollections\nOrderedDict\n')
    const evil = Buffer.concat([legacy.subarray(0, at), global('os', 'system'), legacy.subarray(at + 25)])
    expect(refusal(evil)).toMatch(/^the pickle asks for `os\.system` at offset \d+/)
  })
})

describe('a pickle that is no pickle of tensors', () => {
  test('is refused with the offset', () => {
    expect(pickled(0x49)).toContain('instruction 0x49, which no checkpoint uses, at offset 2')
    expect(pickled('R')).toContain('too few values for an instruction, at offset 2')
    expect(pickled('t')).toContain('no mark')
    expect(pickled('h', 3)).toContain('memo 3, which was never filled')
    expect(pickled('}', text('a'), 'a')).toContain('values appended to what is no list')
    expect(pickled(']', '(', text('a'), 'u')).toContain('items set in what is no dict')
    expect(pickled(text('f'), ')', 'R')).toContain('a call of what is no function')
    expect(pickled(']')).toContain('no tensor has a name in it')
    expect(refusal(archive(Buffer.from([0x80, 9])))).toContain('protocol 9, at offset 0')
    expect(refusal(archive(Buffer.from([0x80, 2, 0x58, 0xff, 0xff, 0xff, 0x7f])))).toContain('a text of 2147483647 bytes')
    expect(refusal(archive(Buffer.from([0x80, 2, 0x58, 9, 0, 0, 0])))).toContain('9 bytes are needed at offset 7, 0 are left')
  })

  test('that contains itself or doubles at each level ends in a sentence, at once', () => {
    const own = pickled('}', 'q', 0, '(', text('self'), 'h', 0, 'u')
    expect(own).toContain('nested without end')
    const record = pickled(global('__torch__', 'M'), 'q', 0, ')', 0x81, 'q', 1, '}', '(', text('self'), 'h', 1, 'u', 'b')
    expect(record).toContain('nested without end')
    const levels = Array.from({ length: 60 }, (_, i) => ['}', '(', text('a'), 'h', i, text('b'), 'h', i, 'u', 'q', i + 1])
    expect(pickled('}', 'q', 0, ...levels.flat())).toContain('nested without end')
    const long = text('x'.repeat(100_000))
    const names = Array.from({ length: 60 }, () => ['}', '(', 'h', 0])
    expect(pickled(long, 'q', 0, ...names.flat(), tensor(), ...names.map(() => 'u'))).toContain('nested without end')
  })

  test('with millions of instructions is given up', () => {
    const many = Buffer.from('N'.repeat(2_000_001))
    expect(pickled(many)).toContain('more than 2000000 instructions')
  })
})

describe('tensors that do not fit their storage', () => {
  const of = (...given: Parameters<typeof tensor>) => pickled(dict(['w', tensor(...given)]))
  test('are refused', () => {
    expect(of({ shape: [3] })).toContain('a tensor of shape [3] that reaches value 3 of a storage of 2')
    expect(of({ offset: 1 })).toContain('reaches value 3 of a storage of 2')
    expect(of({ shape: [1e9, 1e9], strides: [0, 0] })).toContain('a tensor of shape [1000000000, 1000000000] over a storage of 2')
    expect(of({ strides: [1, 1] })).toContain('no offset, shape and strides that fit together')
    expect(of({ count: 3, shape: [3] })).toContain('needs 12 bytes in `archive/data/0`')
    expect(of({ key: '1' })).toContain('lies in storage "1", which the archive lacks')
    expect(of({ key: '../data.pkl' })).toContain('which the archive lacks')
    expect(of({ storageClass: 'QUInt8Storage' })).toContain('asks for `torch.QUInt8Storage`')
    expect(pickled(dict(['__proto__', tensor()]))).toContain('a tensor is named `__proto__`')
    expect(pickled(tuple(text('module'), whole(1)), 'Q')).toContain('something that is no storage')
  })
})

describe('an archive that means harm', () => {
  const member = { name: 'archive/data.pkl', data: pickle(dict(['w', tensor()])) }
  const storage = { name: 'archive/data/0', data: Buffer.alloc(8) }

  test('with names that lead out of it is refused', () => {
    for (const name of ['../evil', '/etc/passwd', 'archive/../../x', 'a\\b', 'C:x'])
      expect(refusal(zip([member, storage, { name, data: Buffer.alloc(1) }]))).toContain('which leads out of it')
  })

  test('that unpacks to more than it says, or to very much, is refused', () => {
    const zeros = Buffer.alloc(2 ** 20)
    expect(refusal(zip([{ ...member, data: zeros, deflate: true, size: 1000 }]))).toContain('cannot be unpacked')
    expect(refusal(zip([{ ...member, deflate: true, size: 2 ** 31 }]))).toContain('would take 2147483648 bytes in memory')
    expect(refusal(zip([member, { ...storage, deflate: true }]))).toContain('entry `archive/data/0` is compressed')
  })

  test('with metadata that are no map of strings is refused', () => {
    const extra = (data: string) => zip([member, storage, { name: 'archive/extra/captune.json', data: Buffer.from(data) }])
    for (const data of ['[1]', '{"a": 1}', '{', '{"__proto__": "x"}'])
      expect(refusal(extra(data))).toContain('entry `archive/extra/captune.json` is no map of strings in JSON')
    expect(refusal(extra(' '.repeat(2 ** 20 + 1)))).toContain('no metadata is that large')
  })

  test('that is encrypted, doubled, without pickle or cut off is refused', () => {
    expect(refusal(zip([member, { ...storage, flags: 0x809 }]))).toContain('is encrypted')
    expect(refusal(zip([member, storage, storage]))).toContain('two entries are named `archive/data/0`')
    expect(refusal(zip([storage]))).toContain('no entry `data.pkl`')
    expect(refusal(zip([member, { ...member, name: 'b/data.pkl' }]))).toContain('2 entries `data.pkl`')
    expect(refusal(zip([member, storage, { name: 'archive/byteorder', data: Buffer.from('big') }]))).toContain(
      'byte order is "big"',
    )
    const whole = zip([member, storage])
    expect(refusal(whole.subarray(0, -30))).toMatch(/no directory at its end \(offset \d+\); the file is cut off/)
    expect(refusal(zip([member, { ...storage, size: 1e6 }]))).toContain('entry `archive/data/0` has 1000000 bytes at offset')
  })
})

describe('a file of another kind', () => {
  test('is named', () => {
    const tar = Buffer.alloc(1024)
    tar.write('ustar', 257)
    expect(refusal(tar)).toContain('the tar format of PyTorch before 0.1.10')
    expect(refusal(pickle('}'))).toContain('a pickle that `torch.save` did not write')
    expect(refusal(Buffer.from('version https://git-lfs.github.com/spec/v1\n'))).toContain('a Git LFS pointer')
    expect(refusal(Buffer.from('<!DOCTYPE html><html>'))).toContain('cut off or not safetensors')
    expect(refusal(Buffer.alloc(0))).toContain('the file has 0 bytes')
    expect(() => openCheckpoint(folder)).toThrow('this is a folder; a weights file is needed')
  })
})

describe('a legacy file', () => {
  const legacy = fixture('every-kind-legacy.bin')
  test('that is cut off anywhere is refused', () => {
    for (let length = 16; length < legacy.length; length += 37) expect(refusal(legacy.subarray(0, length))).toMatch(/\.$/)
    expect(refusal(legacy.subarray(0, -1))).toMatch(
      /storage "\d+" at offset \d+ needs \d+ bytes, \d+ are left; the file is cut off/,
    )
  })
})

const cases = process.env['CAPTUNE_SOAK'] === undefined ? 500 : 10_000

test(`${cases} mutated files are read or refused with a sentence, never fail otherwise, and take no time or memory`, () => {
  const sources = ['every-kind.pt', 'every-kind-legacy.bin', 'scripted.pt', 'wrapped.pt', 'protocol-4.pt', 'without-sums.pt'].map(
    fixture,
  )
  const { below } = random(7, 'mutated files')
  const path = join(folder, 'mutated.pt')
  const before = process.memoryUsage().rss
  let refused = 0
  let slowest = 0
  for (let i = 0; i < cases; i++) {
    writeFileSync(path, mutated(sources[i % sources.length]!, below))
    const began = performance.now()
    try {
      openCheckpoint(path).readAll()
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error
      refused += 1
    }
    slowest = Math.max(slowest, performance.now() - began)
  }
  expect(refused).toBeGreaterThan(cases / 4)
  expect(slowest).toBeLessThan(3000)
  expect(process.memoryUsage().rss - before).toBeLessThan(600e6)
})

/** Some bytes changed, a piece cut out, doubled or the end cut off. */
function mutated(source: Buffer, below: (limit: number) => number): Buffer {
  const bytes = Buffer.from(source)
  const at = below(bytes.length)
  const kind = below(6)
  if (kind === 0) return bytes.subarray(0, at)
  if (kind === 1) return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + 1 + below(64)))])
  if (kind === 2) return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + below(64)), bytes.subarray(at)])
  const interesting = [0, 1, 0x7f, 0x80, 0xff]
  for (let change = 0; change <= below(8); change++)
    bytes[below(bytes.length)] = kind === 3 ? below(256) : interesting[below(interesting.length)]!
  return bytes
}
