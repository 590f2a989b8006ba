import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { UserError } from '../../../src/base/errors.ts'
import { openArchive, openFolder } from '../../../src/setup/file-tree.ts'
import { temporaryFolder } from '../../fixtures/tracking/temporary.ts'
import { zipOf, type ZipFile } from './zip.ts'

const text = 'a library, as it were, a library'.repeat(100)
const library: ZipFile = { name: 'tensorflow/lib.so', data: Buffer.from(text) }

const archiveOf = (...files: ZipFile[]): string => {
  const path = join(temporaryFolder(), 'brought.whl')
  writeFileSync(path, zipOf(files))
  return path
}

describe('files that were brought', () => {
  it.each([false, true])('come out of an archive as they are (deflated: %s)', async (deflated) => {
    const path = archiveOf({ ...library, deflated }, { name: 'tensorflow/empty.h', data: Buffer.alloc(0) })
    const tree = openArchive(path)
    expect(tree.below('tensorflow/')).toEqual(['tensorflow/lib.so', 'tensorflow/empty.h'])
    expect(tree.below('nvidia/')).toEqual([])
    await tree.copy('tensorflow/lib.so', `${path}.out/deep/lib.so`)
    await tree.copy('tensorflow/empty.h', `${path}.out/empty.h`)
    expect(readFileSync(`${path}.out/deep/lib.so`, 'utf8')).toBe(text)
    expect(readFileSync(`${path}.out/empty.h`, 'utf8')).toBe('')
  })

  it('come out of a folder as they are', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'tensorflow/include'), { recursive: true })
    writeFileSync(join(folder, 'tensorflow/include/c_api.h'), text)
    const tree = openFolder(folder)
    expect(tree.below('tensorflow/')).toEqual(['tensorflow/include/c_api.h'])
    expect(tree.below('tensorflow/include/c_api.h')).toEqual(['tensorflow/include/c_api.h'])
    expect(tree.below('nvidia/')).toEqual([])
    await tree.copy('tensorflow/include/c_api.h', join(folder, 'copy/c_api.h'))
    expect(readFileSync(join(folder, 'copy/c_api.h'), 'utf8')).toBe(text)
  })

  it.each([
    ['another sum', { ...library, claims: { crc: 1 } }, 'its sum is another one'],
    ['fewer bytes than it claims', { ...library, claims: { size: 5000 } }, 'its sum is another one'],
    ['more bytes than it claims', { ...library, deflated: true, claims: { size: 10 } }, 'it has more than the 10 bytes'],
    ['what no library has', { ...library, claims: { size: 0xfffffff0, method: 99 } }, 'it is compressed by method 99'],
    ['no deflated bytes', { ...library, claims: { method: 8 } }, 'is damaged'],
  ])('are refused where the archive has %s', async (_, file, reason) => {
    const path = archiveOf(file)
    const copied = openArchive(path).copy(file.name, `${path}.out`)
    await expect(copied).rejects.toThrow(UserError)
    await expect(copied).rejects.toThrow(reason)
  })

  it.each(['../outside', '/etc/outside', 'a/../../outside'])('never leave the archive: %s', (name) => {
    const path = archiveOf({ ...library, name })
    expect(() => openArchive(path)).toThrow('which leads out of it; do not use this file')
    expect(existsSync(join(path, '../../outside'))).toBe(false)
  })

  it('are refused where the archive was cut off', () => {
    const path = archiveOf(library)
    writeFileSync(path, readFileSync(path).subarray(0, 2000))
    expect(() => openArchive(path)).toThrow('the file is cut off, fetch it again')
  })
})
