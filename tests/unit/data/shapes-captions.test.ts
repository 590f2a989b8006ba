import { describe, expect, it } from 'vitest'
import { random } from '../../../src/base/random.ts'
import { captionsOf, clipCaption, decoderCaption, worldText } from '../../../src/data/shapes/captions.ts'
import { scene, type Scene, type SceneObject } from '../../../src/data/shapes/scene.ts'
import { colours, labelOf, things } from '../../../src/data/shapes/things.ts'

const chance = random(12, 'test')
const scenes = [...Array(400).keys()].map((i) => scene(chance, { split: i % 4 === 3 ? 'val' : 'train' }))

const shapeNames: Record<string, string> = { disc: 'circle', 'plus sign': 'cross', hoop: 'ring', crescent: 'moon' }
const sizes: Record<string, string> = { small: 'small', little: 'small', tiny: 'small', large: 'large', big: 'large' }
const phrase = new RegExp(
  `(?:a single|this|a)(?: (${Object.keys(sizes).join('|')}))? (${colours.join('|')}) (circle|square|triangle|star|heart|cross|ring|diamond|moon|arrow|${Object.keys(shapeNames).join('|')})`,
  'g',
)

/** The caption with each object as "#0", "#1", "#2", having checked that each is in the scene and of the size that is told. */
function withNumbers(caption: string, objects: readonly SceneObject[]): string {
  return caption.toLowerCase().replace(phrase, (words: string, size: string | undefined, colour: string, word: string) => {
    const index = objects.findIndex((object) => object.colour === colour && object.shape === (shapeNames[word] ?? word))
    if (index < 0) throw new Error(`${words}: not in the scene`)
    if (size !== undefined && sizes[size] !== objects[index]!.size) throw new Error(`${words}: it is ${objects[index]!.size}`)
    return `#${index}`
  })
}

/** Whether the relations that a numbered caption states hold; read with rules of the test's own. */
function isTrue(words: string, objects: readonly SceneObject[]): boolean {
  const stands = (a: string, where: string, b: string) => {
    const [p, q] = [objects[Number(a)]!, objects[Number(b)]!]
    if (where.includes('left')) return p.x < q.x && Math.abs(p.x - q.x) > Math.abs(p.y - q.y)
    if (where.includes('right')) return p.x > q.x && Math.abs(p.x - q.x) > Math.abs(p.y - q.y)
    return /above|over/.test(where)
      ? p.y < q.y && Math.abs(p.y - q.y) > Math.abs(p.x - q.x)
      : p.y > q.y && Math.abs(p.y - q.y) > Math.abs(p.x - q.x)
  }
  const [a, b, c] = [...words.matchAll(/#(\d)/g)].map((found) => found[1]!)
  const where = /(left|right) of|above|over|below|under/.exec(words)?.[0] ?? ''
  const rules: [RegExp, () => boolean][] = [
    [/#\d and #\d (to the |left|right|above|over|below|under).*#\d/, () => stands(a!, where, c!) && stands(b!, where, c!)],
    [
      /#\d (is )?(to the |left|right|above|over|below|under)[a-z ]*#\d and #\d/,
      () => stands(a!, where, b!) && stands(a!, where, c!),
    ],
    [/#\d (is )?(to the |left|right|above|over|below|under)[a-z ]*#\d/, () => stands(a!, where, b!)],
    [/#\d with #\d [a-z]+ its (left|right)/, () => stands(b!, words, a!)],
    [/#\d with #\d (above|below|under) it/, () => stands(b!, words, a!)],
    [
      /#\d between #\d and #\d/,
      () => ['left', 'right', 'above', 'below'].some((way) => stands(b!, way, a!) && stands(a!, way, c!)),
    ],
    [/#\d in the middle, #\d on the left and #\d on the right/, () => stands(b!, 'left', a!) && stands(c!, 'right', a!)],
    [/#\d in the middle, #\d above and #\d below/, () => stands(b!, 'above', a!) && stands(c!, 'below', a!)],
    [/#\d on the left and #\d on the right/, () => objects[Number(a)]!.x < 32 && objects[Number(b)]!.x > 32],
    [/#\d on the right and #\d on the left/, () => objects[Number(a)]!.x > 32 && objects[Number(b)]!.x < 32],
    [/#\d at the top and #\d at the bottom/, () => objects[Number(a)]!.y < 32 && objects[Number(b)]!.y > 32],
    [/#\d at the bottom and #\d at the top/, () => objects[Number(a)]!.y > 32 && objects[Number(b)]!.y < 32],
  ]
  return rules.find(([pattern]) => pattern.test(words))?.[1]() ?? true
}

describe('captionsOf', () => {
  const told = scenes.map((one): [Scene, string[]] => [one, captionsOf(one, chance)])

  it('gives five different captions, one or two lines of plain English without stray spaces', () => {
    for (const [, captions] of told) {
      expect(captions).toHaveLength(5)
      expect(new Set(captions.map((caption) => caption.toLowerCase().replace(/\.$/, ''))).size).toBe(5)
      for (const caption of captions) expect(caption).toMatch(/^[A-Za-z][a-z,:]*( [a-z,:]+)*\.?$/)
    }
  })

  it('tells nothing that is not in the picture', () => {
    for (const [{ objects, ground }, captions] of told) {
      for (const caption of captions) {
        const words = withNumbers(caption, objects)
        expect(isTrue(words, objects), `${caption} | ${JSON.stringify(objects)}`).toBe(true)
        const mentioned = new Set(words.match(/#\d/g)).size
        if (words.includes('two shapes')) expect(objects).toHaveLength(2)
        if (words.includes('three shapes')) expect(objects).toHaveLength(3)
        expect(mentioned).toBeGreaterThanOrEqual(Math.min(2, objects.length))
        expect(/(light|dark)/.exec(words)?.[0] ?? ground.tone).toBe(ground.tone)
      }
    }
  })

  it('tells all three objects more often than two', () => {
    const three = told
      .filter(([{ objects }]) => objects.length === 3)
      .flatMap(([{ objects }, captions]) => captions.map((caption) => withNumbers(caption, objects)))
    const whole = three.filter((words) => words.match(/#\d/g)!.length === 3).length / three.length
    expect(whole).toBeGreaterThan(0.6)
    expect(whole).toBeLessThan(0.9)
  })

  it('varies: most captions are told only a few times, with and without a period', () => {
    const all = told.flatMap(([, captions]) => captions)
    expect(new Set(all).size / all.length).toBeGreaterThan(0.8)
    const periods = all.filter((caption) => caption.endsWith('.')).length / all.length
    expect(Math.abs(periods - 0.55)).toBeLessThan(0.05)
  })
})

describe('what pretraining sees', () => {
  it("has the course's templates for lone objects: three name the object, the negation another one", () => {
    const alone = scene(random(2), { count: 1, first: { shape: 'star', colour: 'blue' } })
    const captions = new Set(Array.from({ length: 800 }, () => clipCaption(alone, chance)))
    for (const line of ['This is a photo of blue star', 'a photo of a blue star', 'No blue star, no score.'])
      expect(captions).toContain(line)
    const negations = [...captions].filter((caption) => caption.startsWith('This is not a photo of'))
    expect(negations.length).toBeGreaterThan(5)
    expect(negations).not.toContain('This is not a photo of blue star')
  })

  it('gives the decoder captions alone and the vocabularies a text with every tenth line a template', () => {
    expect(decoderCaption(random(1))).toBe(decoderCaption(random(1)))
    const text = worldText(1, 3000)
    expect(text).toHaveLength(3000)
    expect(text).toEqual(worldText(1, 3000))
    expect(
      text.filter((line) => /^(This is (not )?a photo of [a-z ]+|No [a-z ]+, no score\.)$/.test(line)).length,
    ).toBeGreaterThan(180)
    for (const thing of things) expect(text.some((line) => line.includes(labelOf(thing)))).toBe(true)
  })
})
