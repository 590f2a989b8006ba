// The course's pass marks. They hold for its own validation images, judged by the published ViT-B/32, and mean nothing anywhere else.

export interface CaptionBaseline {
  readonly name: string
  readonly cider: number
  readonly clipscore: number
}

export const captionBaselines: readonly CaptionBaseline[] = [
  { name: 'simple', cider: 0.8, clipscore: 0.68 },
  { name: 'strong', cider: 0.89, clipscore: 0.71 },
]

/** Accuracy of problem 1. */
export const accuracyBaseline = 0.65

/** Whether captions are those of the course's `val.json`: what it says of itself, and how many images it has. */
export function isCourseValidation(info: unknown, images: number): boolean {
  return info === 'dlcv2023-hw3-train' && images === 1789
}

/** Whether the classes are the fifty of the course's `id2label.json`. */
export function areCourseClasses(classes: ReadonlyMap<number, string>): boolean {
  const first = ['bicycle', 'chair', 'camel', 'rabbit', 'lamp', 'clock']
  return classes.size === 50 && first.every((name, id) => classes.get(id) === name)
}

/** The published CLIP that the course's evaluator asks. */
export const courseJudge = 'ViT-B-32.pt'

export interface BaselineVerdict extends CaptionBaseline {
  /** Undefined where there is no CLIPScore that can be compared. */
  readonly passed: boolean | undefined
  /** How far below the marks the scores are, where they are. */
  readonly lacks: { readonly cider?: number; readonly clipscore?: number }
}

/** Each baseline with what the scores lack; both scores must reach their marks. */
export function baselineVerdicts({ cider, clipscore }: { cider: number; clipscore?: number | undefined }): BaselineVerdict[] {
  return captionBaselines.map((baseline) => {
    const lacks = {
      ...(cider < baseline.cider ? { cider: baseline.cider - cider } : {}),
      ...(clipscore !== undefined && clipscore < baseline.clipscore ? { clipscore: baseline.clipscore - clipscore } : {}),
    }
    const missed = Object.keys(lacks).length > 0
    return { ...baseline, passed: missed ? false : clipscore === undefined ? undefined : true, lacks }
  })
}
