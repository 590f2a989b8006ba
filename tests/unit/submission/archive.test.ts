import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { elfNeeds, refusalOnGrader } from '../../../src/submission/elf.ts'
import { fileInTar, tarPieces, type TarEntry } from '../../../src/submission/tar.ts'

const place = mkdtempSync(join(tmpdir(), 'captune-archive-'))
afterAll(() => rmSync(place, { recursive: true, force: true }))

const deep = `a/${'folder with a long name/'.repeat(8)}file.txt`
const entries: TarEntry[] = [
  { path: 'runtime/node', data: new TextEncoder().encode('#!/bin/sh\n'), executable: true },
  { path: 'runtime/空 ü.txt', data: new Uint8Array(513).fill(65) },
  { path: 'runtime/empty', data: new Uint8Array() },
  { path: deep, data: new TextEncoder().encode('deep') },
]

describe('a tar archive', () => {
  const bytes = Buffer.concat([...tarPieces(entries)])

  it('unpacks by tar to the same files, the program executable', () => {
    writeFileSync(join(place, 'x.tar'), bytes)
    const { status, stderr } = spawnSync('tar', ['-xf', 'x.tar'], { cwd: place, encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    for (const { path, data } of entries) expect(readFileSync(join(place, path)).equals(data)).toBe(true)
    expect(statSync(join(place, 'runtime/node')).mode & 0o777).toBe(0o755)
    expect(statSync(join(place, 'runtime/empty')).mode & 0o777).toBe(0o644)
  })

  it('gives one file again, also one that tar itself has packed', () => {
    for (const { path, data } of entries) expect(Buffer.from(fileInTar(bytes, path)!).equals(data)).toBe(true)
    expect(fileInTar(bytes, 'runtime')).toBeUndefined()
    writeFileSync(join(place, 'inner.txt'), 'by tar')
    spawnSync('tar', ['-cf', 'y.tar', 'inner.txt'], { cwd: place })
    expect(new TextDecoder().decode(fileInTar(readFileSync(join(place, 'y.tar')), 'inner.txt'))).toBe('by tar')
  })

  it('is the same bytes each time', () => {
    expect(Buffer.concat([...tarPieces(entries)]).equals(bytes)).toBe(true)
  })

  it('refuses a path that the format cannot hold', () => {
    expect(() => [...tarPieces([{ path: 'x'.repeat(101), data: new Uint8Array() }])]).toThrow('tar: the path is too long')
  })
})

describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('what a program needs (Linux on x86_64)', () => {
  const library = createRequire(import.meta.url)
    .resolve('onnxruntime-node')
    .replace(/dist.*/, 'bin/napi-v6/linux/x64/')

  it('is read from the file as the linker knows it', () => {
    const needs = elfNeeds(process.execPath)!
    expect(needs.machine).toBe('x86_64')
    expect(needs.libraries).toEqual(expect.arrayContaining(['libc.so.6', 'libm.so.6']))
    const { stdout } = spawnSync('ldd', [process.execPath], { encoding: 'utf8' })
    for (const name of needs.libraries.filter((each) => !each.startsWith('ld-'))) expect(stdout).toContain(name)
    expect([...needs.versions.values()].flat()).toContain('GLIBC_2.2.5')
  })

  it('tells what would not run on Ubuntu 20.04', () => {
    const needs = { machine: 'x86_64', libraries: ['libc.so.6'], versions: new Map([['libc.so.6', ['GLIBC_2.4', 'GLIBC_2.31']]]) }
    expect(refusalOnGrader(needs)).toBeUndefined()
    expect(refusalOnGrader({ ...needs, versions: new Map([['libc.so.6', ['GLIBC_2.34']]]) })).toBe('it needs GLIBC_2.34')
    expect(refusalOnGrader({ ...needs, versions: new Map([['x', ['GLIBCXX_3.4.29']]]) })).toBe('it needs GLIBCXX_3.4.29')
    expect(refusalOnGrader({ ...needs, libraries: ['libcudart.so.11'] })).toBe('it needs the library libcudart.so.11')
    expect(refusalOnGrader({ ...needs, machine: '183' })).toBe('it is a program for machine 183, not x86_64')
    expect(refusalOnGrader(elfNeeds(join(library, 'onnxruntime_binding.node'))!, ['libonnxruntime.so.1'])).toBeUndefined()
  })

  it('is nothing for a text', () => {
    expect(elfNeeds(import.meta.filename)).toBeUndefined()
  })
})
