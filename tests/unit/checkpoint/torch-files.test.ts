import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromRoot, readJson } from '../../../src/base/files.ts'
import { floats, ints } from '../../../src/base/nd-array.ts'
import { openCheckpoint } from '../../../src/checkpoint/open.ts'
import { writeSafetensors } from '../../../src/checkpoint/safetensors.ts'
import { writeTorchZip } from '../../../src/checkpoint/torch-zip.ts'
import { archive, dict, pickle, tensor, zip } from './pickles.ts'

interface Golden {
  readonly shape: readonly number[]
  readonly values: readonly number[]
}
const golden = readJson(fromRoot('tests/fixtures/checkpoint/golden-torch.json')) as Record<
  'kinds' | 'small' | 'tree',
  Record<string, Golden>
>
const fixture = (name: string) => fromRoot(`tests/fixtures/checkpoint/${name}`)

let folder = ''
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'torch-files-'))))
afterAll(() => rmSync(folder, { recursive: true }))
function written(bytes: Buffer): string {
  const path = join(folder, 'made.pt')
  writeFileSync(path, bytes)
  return path
}

function expectGolden(path: string, wanted: Readonly<Record<string, Golden>>): void {
  const file = openCheckpoint(path)
  expect(file.names).toEqual(Object.keys(wanted))
  for (const [name, { shape, values }] of Object.entries(wanted)) {
    const { dtype } = file.spec(name)
    const expected = dtype === 'float32' ? floats(shape, Float32Array.from(values)) : ints(shape, Int32Array.from(values))
    expect(file.read(name), name).toEqual(expected)
  }
}

describe('a file that PyTorch wrote', () => {
  test('gives every type, view, shared and empty tensor as PyTorch reads it, from the zip and from the legacy format', () => {
    expectGolden(fixture('every-kind.pt'), golden.kinds)
    expectGolden(fixture('every-kind-legacy.bin'), golden.kinds)
  })

  test('may be of pickle protocol 4, or without checksums', () => {
    expectGolden(fixture('protocol-4.pt'), golden.small)
    expectGolden(fixture('without-sums.pt'), golden.small)
  })

  test('may wrap the state dict beside an optimizer, numbers and texts', () => expectGolden(fixture('wrapped.pt'), golden.small))

  test.each(['scripted.pt', 'traced.pt'])('may be a TorchScript archive: %s gives the state dict of its tree', (name) => {
    const file = openCheckpoint(fixture(name))
    expect(file.format).toBe('TorchScript')
    expect([...file.names].sort()).toEqual(Object.keys(golden.tree).sort())
    for (const entry of file.names) {
      expect(file.spec(entry).shape).toEqual(golden.tree[entry]!.shape)
      expect([...file.read(entry).data]).toEqual(golden.tree[entry]!.values)
    }
  })

  test.each(['every-kind.pt', 'every-kind-legacy.bin'])('tells its types and its tied weights: %s', (name) => {
    const file = openCheckpoint(fixture(name))
    expect(file.format).toBe(name.endsWith('bin') ? 'torch legacy' : 'torch zip')
    expect(file.spec('tied.b')).toEqual({ dtype: 'float32', stored: 'F32', shape: [2, 2], tied: 'tied.a' })
    expect(file.spec('tied.a')).not.toHaveProperty('tied')
    expect(['half', 'bfloat', 'double', 'long', 'bool'].map((entry) => file.spec(entry).stored)).toEqual([
      'F16',
      'BF16',
      'F64',
      'I64',
      'BOOL',
    ])
    expect(() => file.read('absent')).toThrow('there is no entry `absent`; it has `dense`, `transposed`')
  })

  test('gives rows of strided tensors as well as of dense ones', () => {
    for (const name of ['every-kind.pt', 'every-kind-legacy.bin']) {
      const file = openCheckpoint(fixture(name))
      for (const [entry, rows] of [
        ['dense', 4],
        ['transposed', 3],
        ['stepped', 2],
        ['expanded', 3],
      ] as const) {
        const all = file.read(entry)
        const row = all.data.length / rows
        for (let first = 0; first < rows; first++)
          expect(file.readRows(entry, first, 1).data).toEqual(all.data.slice(first * row, (first + 1) * row))
      }
      expect(() => file.readRows('dense', 3, 2)).toThrow('rows 3 to 5 of `dense`')
    }
  })

  test('is read for the asked tensor alone: damage elsewhere is found when it is asked for', () => {
    const path = join(folder, 'lazy.pt')
    writeTorchZip(path, { a: floats([2], Float32Array.of(1, 2)), b: floats([3], Float32Array.of(3, 4, 5)) })
    const bytes = readFileSync(path)
    const five = bytes.indexOf(Buffer.from(Float32Array.of(3, 4, 5).buffer))
    bytes[five + 6]! ^= 1
    writeFileSync(path, bytes)
    const file = openCheckpoint(path)
    expect(file.readAll(['a'])).toEqual({ a: floats([2], Float32Array.of(1, 2)) })
    expect(() => file.read('b')).toThrow(/`archive\/data\/1` at offset \d+ does not have the checksum/)
  })

  test('is refused when it changes while it is read', () => {
    const path = join(folder, 'changing.pt')
    copyFileSync(fixture('every-kind.pt'), path)
    const file = openCheckpoint(path)
    writeFileSync(path, 'something else')
    expect(() => file.read('dense')).toThrow('the file changed while it was being read')
  })
})

describe('an archive of another program', () => {
  const data = Buffer.from(Float32Array.of(1.5, -2).buffer)
  const pickled = pickle(dict(['w', tensor()]))

  test('may have zip64 sizes, data descriptors and a deflated pickle', () => {
    for (const member of [{ wide: true }, { deflate: true }, {}]) {
      const path = written(
        zip([
          { name: 'x/data.pkl', data: pickled, ...member },
          { name: 'x/data/0', data, wide: 'wide' in member },
        ]),
      )
      expect(openCheckpoint(path).read('w')).toEqual(floats([2], Float32Array.of(1.5, -2)))
    }
  })

  test('may nest dicts, whose names are joined', () => {
    const nested = pickle(dict(['encoder', dict(['w', tensor()])], ['decoder', dict(['w', tensor()])]))
    expect(openCheckpoint(written(archive(nested))).names).toEqual(['encoder.w', 'decoder.w'])
  })
})

describe('sharded safetensors', () => {
  const index = (map: unknown): string => {
    const path = join(folder, 'model.safetensors.index.json')
    writeFileSync(path, JSON.stringify({ metadata: { total_size: 1 }, weight_map: map }))
    return path
  }
  beforeAll(() => {
    writeSafetensors(join(folder, 'model-1.safetensors'), { a: floats([2]) })
    writeSafetensors(join(folder, 'model-2.safetensors'), { b: ints([3]) })
  })

  test('are one file by their index', () => {
    const file = openCheckpoint(index({ a: 'model-1.safetensors', b: 'model-2.safetensors' }))
    expect(file.format).toBe('sharded safetensors')
    expect(file.readAll()).toEqual({ a: floats([2]), b: ints([3]) })
  })

  test('are refused where a file or an entry is missing, or the index leads elsewhere', () => {
    const opening = (map: unknown) => () => openCheckpoint(index(map))
    expect(opening({ a: 'model-3.safetensors' })).toThrow('model-3.safetensors: the file is missing')
    expect(opening({ b: 'model-1.safetensors' })).toThrow('model-1.safetensors: there is no entry `b`')
    expect(opening({ a: '../model-1.safetensors' })).toThrow('a safetensors file in the same folder is needed')
    expect(opening({ a: '/etc/passwd' })).toThrow('`a` is said to lie in "/etc/passwd"')
    expect(opening({})).toThrow('`weight_map` is empty')
    expect(opening(null)).toThrow('`weight_map` is empty')
    expect(() => openCheckpoint(written(Buffer.from('{"a": 1}  ')))).toThrow('there is no `weight_map` in it')
    expect(() => openCheckpoint(written(Buffer.from('{"a": 1')))).toThrow('not valid JSON')
  })

  test('a safetensors file whose header has 123 bytes, the code of a brace, is still one', () => {
    const path = join(folder, 'brace.safetensors')
    const json = JSON.stringify({ a: { dtype: 'U8', shape: [1], data_offsets: [0, 1] } }).padEnd(123)
    writeFileSync(path, Buffer.concat([Buffer.from([123, 0, 0, 0, 0, 0, 0, 0]), Buffer.from(json), Buffer.from([7])]))
    expect(openCheckpoint(path).read('a')).toEqual(ints([1], Int32Array.of(7)))
  })
})
