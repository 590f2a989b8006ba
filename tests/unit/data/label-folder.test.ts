import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { UserError } from '../../../src/base/errors.ts'
import { listImages, readClasses, readLabelFolder } from '../../../src/data/label-folder.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'label-folder-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})
const touch = (...names: string[]) => names.forEach((name) => writeFileSync(join(folder, name), ''))

describe('listImages', () => {
  it('sorts by code point, as Python does, whatever the case of the extension', () => {
    touch('b.png', 'a.JPG', 'Z.jpeg', '10.jpg', '9.jpg', '\u{ffee}.png', '\u{1f600}.png')
    expect(listImages(folder).images.map((image) => image.file)).toEqual([
      '10.jpg',
      '9.jpg',
      'Z.jpeg',
      'a.JPG',
      'b.png',
      '\u{ffee}.png',
      '\u{1f600}.png',
    ])
  })

  it('takes the stem up to the last dot', () => {
    touch('0_0.png', 'a.b.jpg')
    expect(listImages(folder).images).toEqual([
      { file: '0_0.png', stem: '0_0', path: join(folder, '0_0.png') },
      { file: 'a.b.jpg', stem: 'a.b', path: join(folder, 'a.b.jpg') },
    ])
  })

  it('keeps the first of two files that differ in their extension alone, with a warning', () => {
    touch('1.png', '1.jpg', '2.jpg')
    const { images, warnings } = listImages(folder)
    expect(images.map((image) => image.file)).toEqual(['1.jpg', '2.jpg'])
    expect(warnings).toEqual([`${folder}: "1.png" is left out, "1.jpg" has the same name but for the extension.`])
  })

  it('leaves out stray files with one warning, hidden files and folders without', () => {
    touch('a.jpg', 'notes.txt', 'other.csv', '.DS_Store', '._a.jpg')
    mkdirSync(join(folder, 'inner.jpg'))
    expect(listImages(folder)).toMatchObject({
      images: [{ file: 'a.jpg' }],
      warnings: [`${folder}: "notes.txt" and 1 more are left out, they are no images.`],
    })
  })

  it('refuses a folder that is missing, empty or a file', () => {
    expect(() => listImages(join(folder, 'none'))).toThrow(new UserError(`${join(folder, 'none')}: the image folder is missing.`))
    expect(() => listImages(folder)).toThrow(/holds no images; JPEG, PNG, WebP or GIF files are needed\.$/)
    touch('a.jpg')
    expect(() => listImages(join(folder, 'a.jpg'))).toThrow(/this is a file; a folder of images is needed\.$/)
  })
})

describe('readLabelFolder', () => {
  it('reads the class from the name, and none where the name has no known class', () => {
    touch('40_454.png', '7_0.png', '99_1.png', 'cat.png', '7.png')
    const { images } = readLabelFolder(folder, new Map([[7, 'lamp'], [40, 'clock']])) // prettier-ignore
    expect(images.map(({ file, label }) => [file, label])).toEqual([
      ['40_454.png', 40],
      ['7.png', undefined],
      ['7_0.png', 7],
      ['99_1.png', undefined],
      ['cat.png', undefined],
    ])
  })
})

describe('readClasses', () => {
  const written = (text: string) => {
    writeFileSync(join(folder, 'id2label.json'), text)
    return () => readClasses(join(folder, 'id2label.json'))
  }

  it('gives the names in the order of their numbers', () => {
    expect([...written('{"10": "ski", "2": "camel"}')()]).toEqual([[2, 'camel'], [10, 'ski']]) // prettier-ignore
  })

  it.each([
    ['not JSON', '{', /is not valid JSON/],
    ['an array', '["a"]', /is not an object; .* is needed\.$/],
    ['no classes', '{}', /is empty; at least one class is needed\.$/],
    ['a key that is no number', '{"cat": "0"}', /the key "cat" is not a class number; .* are needed\.$/],
    ['a key with a leading zero', '{"01": "cat"}', /the key "01" is not a class number/],
    ['a name that is no text', '{"0": 3}', /class 0 has 3 for its name; a text that is not empty is needed\.$/],
    ['an empty name', '{"0": " "}', /class 0 has " " for its name/],
  ])('refuses %s', (_, text, sentence) => {
    expect(written(text)).toThrow(sentence)
    expect(written(text)).toThrow(UserError)
  })

  it('refuses a missing file', () => {
    expect(() => readClasses(join(folder, 'none.json'))).toThrow(/none\.json: the list of class names is missing\.$/)
  })
})
