import { mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { UserError } from '../../../src/base/errors.ts'
import { fromRoot } from '../../../src/base/files.ts'
import { floats, ints, scalar } from '../../../src/base/nd-array.ts'
import { random } from '../../../src/base/random.ts'
import { CheckpointError, readSafetensors, writeSafetensors } from '../../../src/checkpoint/safetensors.ts'

const everyType = fromRoot('tests/fixtures/checkpoint/every-type.safetensors')
let folder = ''
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'safetensors-'))))
afterAll(() => rmSync(folder, { recursive: true }))

/** A file with this header and this many bytes of data. */
function fileWith(header: unknown, dataBytes: number): string {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  const path = join(folder, 'made.safetensors')
  writeFileSync(path, Buffer.concat([length, json, Buffer.alloc(dataBytes)]))
  return path
}

function refusal(header: unknown, dataBytes: number): string {
  const path = fileWith(header, dataBytes)
  try {
    readSafetensors(path)
  } catch (error) {
    expect(error).toBeInstanceOf(CheckpointError)
    expect(error).toBeInstanceOf(UserError)
    return (error as Error).message.replace(`${path}: `, '')
  }
  throw new Error('it was accepted')
}

const entry = (begin: number, end: number, more: object = {}) => ({
  dtype: 'F32',
  shape: [(end - begin) / 4],
  data_offsets: [begin, end],
  ...more,
})

describe('readSafetensors', () => {
  test('reads every stored type as float32 or int32', () => {
    const file = readSafetensors(everyType)
    const f = (...values: number[]) => [...Float32Array.of(...values)]
    const read = (name: string) => [...file.read(name).data]
    expect(read('f64')).toEqual(f(0.1, -2.5, Infinity, 3))
    expect(read('i64')).toEqual([-(2 ** 31), 2 ** 31 - 1, 7])
    expect(read('f32')).toEqual(f(0.1, -1e-40, 3.4e38))
    expect(read('i32')).toEqual([-5, 6])
    expect(read('f16')).toEqual([0.0999755859375, -65504, 2 ** -24, Infinity])
    expect(read('bf16')).toEqual([0.10009765625, -3.004055270473909886e38, 9.183549615799121e-41, 2].map(Math.fround))
    expect(read('i16')).toEqual([-32768, 32767])
    expect(read('i8')).toEqual([-128, 127, 0])
    expect(read('u8')).toEqual([0, 255])
    expect(read('bool')).toEqual([1, 0, 1])
    expect(file.read('scalar')).toEqual(scalar(4.6052))
    expect(file.read('empty')).toEqual(floats([0, 3]))
    expect(file.metadata).toEqual({ maker: 'make-golden.py' })
    expect(file.spec('bf16')).toEqual({ dtype: 'float32', stored: 'BF16', shape: [4] })
    expect(file.names).toEqual(Object.keys(file.readAll()))
  })

  test('reads rows alone, and beyond two gigabytes without holding them', () => {
    const rows = 750_000_000 // of four bytes: a sparse file, 3 GB of zeros
    const path = fileWith(
      { big: { dtype: 'F32', shape: [rows, 1], data_offsets: [0, rows * 4] }, small: entry(rows * 4, rows * 4 + 8) },
      0,
    )
    truncateSync(path, readFileSync(path).length + rows * 4 + 8)
    const before = process.memoryUsage().arrayBuffers
    const file = readSafetensors(path)
    expect(file.read('small')).toEqual(floats([2]))
    expect(file.readRows('big', rows - 3, 2)).toEqual(floats([2, 1]))
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e6)
    expect(() => file.readRows('big', rows - 1, 2)).toThrow('rows')
  })

  test.each<[string, unknown, number, string]>([
    ['something else than JSON', '{"a":', 0, 'not valid JSON'],
    ['a list', [], 0, 'not a JSON object'],
    ['a prototype', '{"__proto__":{}}', 0, '`__proto__`'],
    ['metadata that is no map of strings', { __metadata__: { step: 1 } }, 0, '`__metadata__` is not a map of strings'],
    ['an entry without description', { a: null }, 0, 'entry `a` has no description'],
    ['an unknown type', { a: entry(0, 4, { dtype: 'F4' }) }, 4, 'entry `a` has dtype "F4"; one of F64, F32'],
    ['a type from the prototype', { a: entry(0, 4, { dtype: 'toString' }) }, 4, 'dtype "toString"'],
    ['a negative side', { a: entry(0, 4, { shape: [-1] }) }, 4, 'shape [-1]'],
    ['a side beyond safe integers', { a: entry(0, 4, { shape: [2 ** 53] }) }, 4, 'shape [9007199254740992]'],
    ['sides whose product overflows', { a: entry(0, 4, { shape: Array(32).fill(2 ** 52) as number[] }) }, 4, 'needs Infinity'],
    ['more axes than anyone has', { a: entry(0, 4, { shape: Array(33).fill(1) as number[] }) }, 4, 'at most 32'],
    ['three offsets', { a: entry(0, 4, { data_offsets: [0, 4, 8] }) }, 4, 'data_offsets [0,4,8]'],
    ['a fractional offset', { a: entry(0, 4, { data_offsets: [0, 4.5] }) }, 4, 'data_offsets [0,4.5]'],
    ['offsets in the wrong order', { a: entry(0, 4, { data_offsets: [4, 0] }) }, 4, 'bytes 4 to 0'],
    ['offsets outside the file', { a: entry(0, 8) }, 4, 'entry `a` has its data at bytes 0 to 8; the file has 4 bytes of data'],
    [
      'a shape of another size',
      { a: entry(0, 8, { shape: [3] }) },
      8,
      'entry `a` has 8 bytes at offset 0; F32 of shape [3] needs 12',
    ],
    ['overlapping entries', { a: entry(0, 8), b: entry(4, 12) }, 12, 'entry `b` overlaps another one at offset 4'],
    ['a hole', { a: entry(0, 4), b: entry(8, 12) }, 12, '4 bytes at offset 4, before entry `b`, belong to no entry'],
    ['bytes after the last entry', { a: entry(0, 4) }, 9, '5 bytes at offset 4 belong to no entry'],
  ])('refuses %s', (_, header, dataBytes, sentence) => {
    expect(refusal(header, dataBytes)).toContain(sentence)
  })

  test('refuses a header longer than the file and a file shorter than its length field', () => {
    const path = join(folder, 'short.safetensors')
    writeFileSync(path, Buffer.from([255, 255, 255, 255, 255, 255, 255, 127, 123, 125]))
    expect(() => readSafetensors(path)).toThrow('the header at offset 0 claims 9223372036854775807 bytes of a file of 10')
    writeFileSync(path, 'abc')
    expect(() => readSafetensors(path)).toThrow('the file has 3 bytes')
  })

  test('names the file that is missing, the folder, the entry that is not there and the integer that does not fit', () => {
    expect(() => readSafetensors(join(folder, 'none'))).toThrow(
      new CheckpointError(`${join(folder, 'none')}: the file is missing.`),
    )
    expect(() => readSafetensors(folder)).toThrow('this is a folder')
    expect(() => readSafetensors(everyType).read('wte')).toThrow(
      'no entry `wte`; it has `f64`, `i64`, `f32`, `i32`, `f16` and 7 more.',
    )
    const path = fileWith({ id: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } }, 0)
    writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.from([0, 0, 0, 128, 0, 0, 0, 0])]))
    expect(() => readSafetensors(path).read('id')).toThrow('entry `id` holds 2147483648 at index 0')
  })

  test('refuses to read on when the file was replaced after its header was read', () => {
    const path = join(folder, 'replaced.safetensors')
    writeSafetensors(path, { a: floats([2]) })
    const file = readSafetensors(path)
    writeSafetensors(path, { a: floats([3]) })
    expect(() => file.read('a')).toThrow('the file changed while it was being read')
  })

  const mutations = process.env['CAPTUNE_SOAK'] === undefined ? 500 : 10_000
  test(`reads or refuses ${mutations} mutated files, and never fails in another way`, () => {
    const original = readFileSync(everyType)
    const path = join(folder, 'mutated.safetensors')
    const chance = random(1, 'mutations')
    let refused = 0
    for (let i = 0; i < mutations; i++) {
      const bytes = Buffer.from(original)
      for (let flips = 1 + chance.below(3); flips > 0; flips--) bytes[chance.below(bytes.length)] = chance.below(256)
      writeFileSync(path, chance.below(4) === 0 ? bytes.subarray(0, chance.below(bytes.length)) : bytes)
      try {
        readSafetensors(path).readAll()
      } catch (error) {
        expect(error).toBeInstanceOf(CheckpointError)
        refused++
      }
    }
    expect(refused).toBeGreaterThan(mutations / 4)
  })
})

describe('writeSafetensors', () => {
  const arrays = {
    b: floats([3], Float32Array.of(1, -2, NaN)),
    ids: ints([2, 1], Int32Array.of(-100, 7)),
    '10': scalar(0.1),
    a: floats([0, 4]),
  }

  test('writes what readSafetensors gives back, in every bit', () => {
    const path = join(folder, 'deep/er/round.safetensors')
    writeSafetensors(path, arrays, { step: '3', text: 'Größe' })
    const file = readSafetensors(path)
    expect(file.readAll()).toEqual(arrays)
    expect(file.metadata).toEqual({ step: '3', text: 'Größe' })
  })

  test('starts the data at a multiple of eight and every entry at a multiple of its value size', () => {
    const path = join(folder, 'aligned.safetensors')
    writeSafetensors(path, arrays, {}, { dtype: 'float16' })
    const bytes = readFileSync(path)
    expect(Number(bytes.readBigUInt64LE(0)) % 8).toBe(0)
    const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString()) as Record<
      string,
      { data_offsets: number[] }
    >
    expect(header['ids']?.data_offsets).toEqual([0, 8]) // whole numbers first: an odd number of halves would move them to an odd place
  })

  test('stores float16 rounded to nearest even, in pieces larger and smaller than one', () => {
    const path = join(folder, 'half.safetensors')
    const size = 2 ** 22 + 5
    const values = Float32Array.from({ length: size }, (_, i) => (i % 4096) + 1 / 3)
    writeSafetensors(path, { values: floats([size], values) }, {}, { dtype: 'float16' })
    const { data } = readSafetensors(path).read('values')
    expect(data[1]).toBe(1.3330078125)
    expect(data[2 ** 22 + 1]).toBe(1.3330078125)
    expect(data[4095]).toBe(4096)
  })

  test('says so where a file stands in the place of the folder', () => {
    writeSafetensors(join(folder, 'file'), {})
    expect(() => writeSafetensors(join(folder, 'file/a.safetensors'), {})).toThrow('a file stands where a folder is needed')
  })

  test('refuses a finite value beyond float16, and leaves the earlier file and no temporary one', () => {
    const path = join(folder, 'kept/kept.safetensors')
    writeSafetensors(path, { a: scalar(1) })
    const writing = () =>
      writeSafetensors(path, { a: scalar(1), w: floats([2], Float32Array.of(1, 7e4)) }, {}, { dtype: 'float16' })
    expect(writing).toThrow('entry `w` holds 70000 at index 1; float16 ends at 65504')
    expect(readSafetensors(path).readAll()).toEqual({ a: scalar(1) })
    expect(readdirSync(join(folder, 'kept'))).toEqual(['kept.safetensors'])
  })
})
