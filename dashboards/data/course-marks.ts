// Whether the course's pass marks hold for a run: its captions must be the course's own validation set, which their file says of itself,
// and for CLIPScore the judge must be the course's.
import { statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fromRoot, readJson } from '../../src/base/files.ts'
import { courseJudge, isCourseValidation } from '../../src/metrics/baselines.ts'
import type { Attempt, CourseMarks } from './attempts.ts'

/** Remembers what each annotation file said; one that cannot be read holds no marks. */
export function courseMarks(): (attempt: Pick<Attempt, 'config' | 'images'>) => CourseMarks {
  const infos = new Map<string, unknown>()

  function infoOf(root: string): unknown {
    if (!infos.has(root)) infos.set(root, readInfo(join(fromRoot(root), 'p2_data/val.json')))
    return infos.get(root)
  }

  return ({ config, images }) => {
    const root = config['data.root']
    if (typeof root !== 'string' || !isCourseValidation('dlcv2023-hw3-train', images ?? 0)) return 'none' // only that many images are worth a look
    if (!isCourseValidation(infoOf(root), images ?? 0)) return 'none'
    return basename(String(config['evaluate.clip.weights'])) === courseJudge ? 'both' : 'cider'
  }
}

const largest = 1 << 26 // bytes of a validation set's captions that are worth reading for a mark

function readInfo(path: string): unknown {
  try {
    return statSync(path).size > largest ? undefined : (readJson(path) as { info?: unknown }).info
  } catch {
    return undefined
  }
}
