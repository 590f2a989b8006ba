// The course's baselines, where they mean something: its own validation captions, and for CLIPScore its own judge in its own variant.
import { readJson } from '../base/files.ts'
import { baselineVerdicts, courseJudge, isCourseValidation, type BaselineVerdict } from '../metrics/baselines.ts'
import type { Ground } from './evaluate.ts'
import type { ClipVariant } from './judge.ts'
import type { CaptionScores, TextScores } from './score.ts'
import { publishedName } from './weights.ts'

export type { BaselineVerdict }

/** How the scores stand to the course's baselines; nothing on any other data. */
export async function courseVerdicts(
  { annotations, split, clip }: Ground,
  { cider, clipscore }: TextScores & Partial<CaptionScores>,
  variant: ClipVariant,
): Promise<BaselineVerdict[]> {
  const { info } = readJson(annotations) as { info?: unknown }
  if (!isCourseValidation(info, split.images.length)) return []
  const comparable = variant === 'course' && clip !== undefined && (await publishedName(clip.weights)) === courseJudge
  return baselineVerdicts({ cider: cider.score, clipscore: comparable ? clipscore?.score : undefined })
}
