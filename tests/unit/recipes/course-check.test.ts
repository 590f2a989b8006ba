import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fromRoot } from '../../../src/base/files.ts'
import { checkCourse } from '../../../src/recipes/course-check.ts'

const place = mkdtempSync(join(tmpdir(), 'captune-course-'))
const root = join(place, 'hw3_data')
afterAll(() => rmSync(place, { recursive: true, force: true }))

/** A tree with the course's names and counts, and nothing in its pictures: the check reads none. */
beforeAll(() => {
  const picture = (path: string) => writeFileSync(join(root, path), '')
  for (const folder of ['p1_data/val', 'p2_data/images/train', 'p2_data/images/val', 'p3_data/images'])
    mkdirSync(join(root, folder), { recursive: true })
  writeJson('p1_data/id2label.json', Object.fromEntries(Array.from({ length: 50 }, (_, i) => [i, `class ${i}`])))
  for (let i = 0; i < 2500; i++) picture(`p1_data/val/${i % 50}_${i}.png`)
  for (const [split, count] of [
    ['train', 10_604],
    ['val', 1789],
  ] as const) {
    const images = Array.from({ length: count }, (_, id) => ({ id, file_name: `${split}${id}.jpg` }))
    const annotations = images.map(({ id }) => ({ id, image_id: id, caption: 'A dog.' }))
    writeJson(`p2_data/${split}.json`, { images, annotations })
    for (const { file_name } of images) picture(`p2_data/images/${split}/${file_name}`)
  }
  for (const name of ['bike', 'girl', 'sheep', 'ski', 'umbrella']) picture(`p3_data/images/${name}.jpg`)
  cpSync(fromRoot('tests/fixtures/pretrained/decoder_model.bin'), join(root, 'p2_data/decoder_model.bin'))
})

function writeJson(path: string, value: unknown): void {
  writeFileSync(join(root, path), JSON.stringify(value))
}

const deviations = () => checkCourse(root).deviations

describe("the check of the course's tree", () => {
  it('finds nothing wrong with a complete one', () => {
    const { counts, deviations } = checkCourse(root)
    expect(deviations).toEqual([])
    expect(counts.map(({ found }) => found)).toEqual([50, 2500, 10_604, 10_604, 1789, 1789, 5])
  })

  it('tells each deviation in one line', () => {
    rmSync(join(root, 'p1_data/val/7_7.png'))
    writeFileSync(join(root, 'p1_data/val/50_1.png'), '')
    rmSync(join(root, 'p2_data/images/val/val12.jpg'))
    rmSync(join(root, 'p3_data/images/ski.jpg'))
    rmSync(join(root, 'p2_data/decoder_model.bin'))
    expect(deviations()).toEqual([
      'p1_data/val: 1 of 2500 names begin with no class of id2label.json: 50_1.png.',
      'p2_data/images/val: 1 of 1789 captioned images are missing: val12.jpg.',
      'p3_data/images: ski.jpg missing.',
      expect.stringMatching(/^p2_data\/decoder_model\.bin: .*missing\.$/),
      'p2_data/images/val: 1 788 images; the course gives out 1 789.',
      'p3_data/images: 4 images; the course gives out 5.',
    ])
  })

  it('goes on behind a file that cannot be read', () => {
    appendFileSync(join(root, 'p2_data/train.json'), '}')
    rmSync(join(root, 'p1_data'), { recursive: true })
    expect(deviations()).toEqual(
      expect.arrayContaining([
        'p1_data/id2label.json: the list of class names is missing.',
        expect.stringMatching(/^p2_data\/train\.json: the file of captions is not valid JSON /),
        'p1_data/val: 0 PNG images; the course gives out 2 500.',
        'p2_data/images/val: 1 of 1789 captioned images are missing: val12.jpg.',
      ]),
    )
  })
})
