import { describe, expect, it } from 'vitest'
import { areCourseClasses, baselineVerdicts, isCourseValidation } from '../../../src/metrics/baselines.ts'

describe("the course's baselines", () => {
  it('are passed where both scores reach their marks, which count as reached themselves', () => {
    expect(baselineVerdicts({ cider: 0.89, clipscore: 0.71 }).map(({ passed }) => passed)).toEqual([true, true])
    expect(baselineVerdicts({ cider: 0.95, clipscore: 0.7 }).map(({ passed }) => passed)).toEqual([true, false])
  })

  it('say what is lacking', () => {
    const [, strong] = baselineVerdicts({ cider: 0.8, clipscore: 0.7 })
    expect(strong?.lacks.cider).toBeCloseTo(0.09, 12)
    expect(strong?.lacks.clipscore).toBeCloseTo(0.01, 12)
  })

  it('are neither passed nor missed where CIDEr is enough and CLIPScore unknown', () => {
    expect(baselineVerdicts({ cider: 0.85 }).map(({ passed }) => passed)).toEqual([undefined, false])
  })

  it("hold for the course's own data alone", () => {
    expect(isCourseValidation('dlcv2023-hw3-train', 1789)).toBe(true)
    expect(isCourseValidation('dlcv2023-hw3-train', 10604)).toBe(false)
    expect(isCourseValidation('captune built-in world, val', 1789)).toBe(false)
    const classes = new Map(Array.from({ length: 50 }, (_, i) => [i, `class ${i}`]))
    expect(areCourseClasses(classes)).toBe(false)
    for (const [id, name] of ['bicycle', 'chair', 'camel', 'rabbit', 'lamp', 'clock'].entries()) classes.set(id, name)
    expect(areCourseClasses(classes)).toBe(true)
  })
})
