import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { UserError } from '../../../src/base/errors.ts'
import { captionsPerImage, normaliseCaption, readCocoCaptions, refuseMissingImages } from '../../../src/data/coco-captions.ts'

const folder = mkdtempSync(join(tmpdir(), 'coco-test-'))
afterAll(() => rmSync(folder, { recursive: true }))
const data = process.env['CAPTUNE_TEST_DATA']
const path = join(folder, 'val.json')

const image = { id: 7, file_name: '0007.jpg', height: 4 }
const caption = { id: 1, image_id: 7, caption: ' A dog \non a mat.' }

function read(content: unknown) {
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return readCocoCaptions(path)
}

describe('captions in the layout of COCO', () => {
  it('keep their text as it stands', () => {
    expect(read({ info: '', images: [image], annotations: [caption] })).toEqual({
      images: [{ id: 7, fileName: '0007.jpg', stem: '0007' }],
      captions: [{ imageId: 7, text: ' A dog \non a mat.' }],
      warnings: [],
    })
    expect(normaliseCaption(caption.caption)).toBe('A dog on a mat.')
  })

  it('are grouped by image in the order of the images', () => {
    const images = [{ id: 9, file_name: 'b.png' }, image]
    const annotations = [caption, { ...caption, image_id: 9, caption: 'two' }, { ...caption, caption: 'three' }]
    expect(captionsPerImage(read({ images, annotations }))).toEqual([['two'], [' A dog \non a mat.', 'three']])
  })

  it('warn of images without a caption', () => {
    const images = [image, { id: 8, file_name: '0_0.v2.png' }]
    expect(read({ images, annotations: [caption] })).toMatchObject({
      images: [{}, { stem: '0_0.v2' }],
      warnings: [`${path}: 1 of 2 images have no caption: 0_0.v2.png.`],
    })
  })

  it.each<[string, unknown, string]>([
    ['not JSON', '{"images": [', 'the file of captions is not valid JSON'],
    ['a list', [], 'not a JSON object; {"images": [...], "annotations": [...]} is needed.'],
    ['without images', { annotations: [] }, '"images" is missing; a list is needed.'],
    ['with images that are no list', { images: {}, annotations: [] }, '"images" is an object; a list is needed.'],
    ['with no image at all', { images: [], annotations: [] }, '"images" is empty; at least one image is needed.'],
    ['without annotations', { images: [image] }, '"annotations" is missing; a list is needed.'],
    ['with an image that is null', { images: [null], annotations: [] }, 'images[0]: null; an object is needed.'],
    [
      'with an id that is text',
      { images: [{ ...image, id: '7' }], annotations: [] },
      'images[0]: "id" is the text "7"; a whole number is needed.',
    ],
    ['without a file name', { images: [{ id: 7 }], annotations: [] }, 'images[0]: "file_name" is missing; a text is needed.'],
    [
      'with a path out of the folder',
      { images: [{ id: 7, file_name: '../x.jpg' }], annotations: [] },
      'images[0]: "file_name" is "../x.jpg"; the plain name',
    ],
    [
      'with an id twice',
      { images: [image, { ...image, file_name: 'b.jpg' }], annotations: [] },
      'images[1]: the "id" 7 is that of images[0] too',
    ],
    [
      'with a file twice',
      { images: [image, { ...image, id: 8 }], annotations: [] },
      'images[1]: the "file_name" "0007.jpg" is that of images[0] too',
    ],
    [
      'with a stem twice',
      { images: [image, { id: 8, file_name: '0007.png' }], annotations: [] },
      'images[1]: the name without extension "0007" is that',
    ],
    [
      'with a caption for no image',
      { images: [image], annotations: [caption, { ...caption, image_id: 8 }] },
      'annotations[1]: "image_id" is 8, which is not in "images"',
    ],
    [
      'with an empty caption',
      { images: [image], annotations: [{ ...caption, caption: ' \n' }] },
      'annotations[0]: "caption" is empty; write one',
    ],
    [
      'with a caption that is no text',
      { images: [image], annotations: [{ ...caption, caption: ['a'] }] },
      'annotations[0]: "caption" is a list; a text is needed.',
    ],
    [
      'with a caption without image',
      { images: [image], annotations: [{ caption: 'a' }] },
      'annotations[0]: "image_id" is missing',
    ],
  ])('are refused %s: one sentence with file and entry', (_, content, sentence) => {
    expect(() => read(content)).toThrow(UserError)
    expect(() => read(content)).toThrow(`${path}: ${sentence}`)
  })

  it('are refused where the file is missing', () => {
    expect(() => readCocoCaptions(join(folder, 'none.json'))).toThrow(/none\.json: the file of captions is missing/)
  })

  it('name the images that are not there', () => {
    const images = ['a', 'b', 'c', 'd', 'e'].map((name, id) => ({ id, file_name: `${name}.jpg` }))
    const found = read({ images, annotations: [] })
    const place = join(folder, 'images')
    expect(() => refuseMissingImages(found, place)).toThrow(`${place}: the folder of images is missing.`)
    mkdirSync(place)
    writeFileSync(join(place, 'b.jpg'), '')
    expect(() => refuseMissingImages(found, place)).toThrow(
      `${place}: 4 of 5 captioned images are missing: a.jpg, c.jpg, d.jpg, ...`,
    )
    for (const { fileName } of found.images) writeFileSync(join(place, fileName), '')
    expect(() => refuseMissingImages(found, place)).not.toThrow()
  })

  it.skipIf(data === undefined)(
    `read 80 real images with five captions each${data === undefined ? ' (skipped: CAPTUNE_TEST_DATA is not set)' : ''}`,
    () => {
      const found = readCocoCaptions(join(data!, 'coco-mini/captions.json'))
      expect(captionsPerImage(found).map((own) => own.length)).toEqual(Array(80).fill(5))
      expect(found.warnings).toEqual([])
      refuseMissingImages(found, join(data!, 'coco-mini/images'))
    },
  )
})
