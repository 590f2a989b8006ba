// A process that grades once, as a script would: it reads what and how from its standard input, and writes how long it would take for
// `all` images. Started by grading.ts.
import { text } from 'node:stream/consumers'
import type { Progress } from '../src/base/progress.ts'
import { gradeCaptions, type CaptionsToGrade } from '../src/recipes/grade-captions.ts'
import { gradeClasses, type ClassesToGrade } from '../src/recipes/grade-classes.ts'

export type GradingTask = { readonly classes: ClassesToGrade } | { readonly captions: CaptionsToGrade }

/** Of all images. */
export interface GradingTimes {
  readonly seconds: number
  readonly processorSeconds: number
  readonly peakBytes: number
  /** How many images the sample lacks, and what each takes. */
  readonly phases: readonly {
    readonly phase: string
    readonly missing: number
    readonly seconds: number
    readonly processorSeconds: number
  }[]
}

/** What the process has taken when so many images were done. */
interface Mark {
  readonly done: number
  readonly seconds: number
  readonly processorSeconds: number
}

const { all, ...task } = JSON.parse(await text(process.stdin)) as GradingTask & { readonly all: number }
const marks = new Map<string, Mark[]>()
const report = ({ phase, done }: Progress) => marks.set(phase, [...(marks.get(phase) ?? []), mark(done)])
const options = { report, warn: () => undefined, timeRemains: () => true }
await ('classes' in task ? gradeClasses(task.classes, options) : gradeCaptions(task.captions, options))
console.log(JSON.stringify(timesOf(mark(0), marks)))

function mark(done: number): Mark {
  const { user, system } = process.cpuUsage()
  return { done, seconds: performance.now() / 1000, processorSeconds: (user + system) / 1e6 } // since the process began
}

/** Everything once, and each phase longer by the images that the sample lacks, at the rate of its images after the first ones. */
function timesOf(end: Mark, marks: ReadonlyMap<string, readonly Mark[]>): GradingTimes {
  const phases = [...marks].map(([phase, its]) => {
    const [first, last] = [its[0]!, its.at(-1)!]
    const each = (what: 'seconds' | 'processorSeconds') => (last[what] - first[what]) / (last.done - first.done)
    return { phase, missing: all - last.done, seconds: each('seconds'), processorSeconds: each('processorSeconds') }
  })
  const total = (what: 'seconds' | 'processorSeconds') =>
    phases.reduce((sum, phase) => sum + phase.missing * phase[what], end[what])
  return {
    seconds: total('seconds'),
    processorSeconds: total('processorSeconds'),
    peakBytes: process.resourceUsage().maxRSS * 1024,
    phases,
  }
}
