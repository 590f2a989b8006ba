import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { floats, ints, scalar } from '../../../src/base/nd-array.ts'
import { openCheckpoint } from '../../../src/checkpoint/open.ts'
import { writeTorchZip } from '../../../src/checkpoint/torch-zip.ts'

const python = process.env['CAPTUNE_PYTHON'] ?? 'python3'
const hasTorch = spawnSync(python, ['-c', 'import torch'], { timeout: 60_000 }).status === 0

let folder = ''
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'torch-zip-'))))
afterAll(() => rmSync(folder, { recursive: true }))

const arrays = {
  'h.0.attn.lora_a': floats([2, 3], Float32Array.of(1, 2, 3, 4, 5, 0.1)),
  'gate größe': scalar(-0.5),
  ids: ints([2], Int32Array.of(-100, 50256)),
  empty: floats([0, 4]),
}

describe('writeTorchZip', () => {
  test.skipIf(!hasTorch)(
    `is read by torch.load(weights_only=True)${hasTorch ? '' : ' (skipped: no Python with torch; set CAPTUNE_PYTHON)'}`,
    () => {
      const path = join(folder, 'trained.pt')
      writeTorchZip(path, arrays, { 'captune.heads': '4' })
      const program = `
import json, sys, torch
loaded = torch.load(sys.argv[1], weights_only=True)
mapped = torch.load(sys.argv[1], weights_only=True, mmap=True)
assert type(loaded) is dict and all(torch.equal(loaded[k], mapped[k]) and v.is_contiguous() for k, v in loaded.items())
print(json.dumps({k: [str(v.dtype), list(v.shape), v.flatten().tolist()] for k, v in loaded.items()}))`
      const { stdout, stderr } = spawnSync(python, ['-c', program, path], { encoding: 'utf8' })
      expect(stderr).toBe('')
      expect(JSON.parse(stdout)).toEqual({
        'h.0.attn.lora_a': ['torch.float32', [2, 3], [1, 2, 3, 4, 5, Math.fround(0.1)]],
        'gate größe': ['torch.float32', [], [-0.5]],
        ids: ['torch.int32', [2], [-100, 50256]],
        empty: ['torch.float32', [0, 4], []],
      })
    },
  )

  test('is read back by us with its metadata', () => {
    const path = join(folder, 'own.pt')
    writeTorchZip(path, arrays, { 'captune.heads': '4' })
    const file = openCheckpoint(path)
    expect(file.metadata).toEqual({ 'captune.heads': '4' })
    expect(file.readAll()).toEqual(arrays)
  })

  test('begins every entry at a multiple of 64 bytes, with the directory at the end', () => {
    const path = join(folder, 'aligned.pt')
    writeTorchZip(path, arrays)
    const bytes = readFileSync(path)
    const end = bytes.length - 22
    expect(bytes.readUInt32LE(end)).toBe(0x06054b50)
    const names: string[] = []
    for (let at = bytes.readUInt32LE(end + 16); at < end; at += 46 + bytes.readUInt16LE(at + 28)) {
      names.push(bytes.toString('utf8', at + 46, at + 46 + bytes.readUInt16LE(at + 28)))
      const local = bytes.readUInt32LE(at + 42)
      expect((local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28)) % 64).toBe(0)
    }
    expect(names).toEqual([
      'archive/data.pkl',
      'archive/byteorder',
      ...[0, 1, 2, 3].map((i) => `archive/data/${i}`),
      'archive/version',
    ])
    expect(bytes.readUInt16LE(end + 10)).toBe(names.length)
  })
})
