// Part of `captune explain`: with which of the published CLIPs hw3_1.sh would be in time on this machine.
import { availableParallelism } from 'node:os'
import { secondsPerImage, secondsPerPrompt, secondsToPrepare } from '../recipes/clip-times.ts'
import { areHere, labelledFiles } from '../recipes/needed-files.ts'
import { readProblem1 } from '../recipes/problem-1.ts'
import { publishedClips } from '../recipes/published-sizes.ts'
import { usualEngine, withEngine } from '../recipes/with-engine.ts'
import { course } from '../sources/course.ts'
import { gradedImages, minutesGranted } from '../submission/grading-limits.ts'
import { duration, percent, thousands } from '../tables/format.ts'
import { progressBoard } from './progress-board.ts'
import { shownTable } from './show-table.ts'

const images = gradedImages['hw3_1.sh']
const minutes = minutesGranted['hw3_1.sh']

/** In seconds. */
interface ClipTime {
  readonly name: string
  readonly image: number
  /** All prompts, once. */
  readonly prompts: number
  /** From the first image to the last. */
  readonly all: number
}

interface Classification {
  /** The root of the data, whose images of problem 1 are prepared as examples where they are here. */
  readonly root: string
  readonly templates: readonly string[]
}

/** Measures a little of each CLIP on the engine that grading takes, and prints how long all images would take. */
export async function printClipTimes({ root, templates }: Classification): Promise<void> {
  const here = areHere(labelledFiles(root)) ? readProblem1(root) : undefined
  const prompts = templates.length * (here?.classes.size ?? course.classes)
  const board = progressBoard()
  const report = board.reporter('')
  try {
    const preparing = await secondsToPrepare(here?.images.map(({ path }) => path) ?? [], availableParallelism())
    const { times, description } = await withEngine(usualEngine, async (engine) => {
      const times: ClipTime[] = []
      for (const { name, shape } of publishedClips) {
        const each = {
          image: await secondsPerImage(engine, shape.image),
          prompts: prompts * (await secondsPerPrompt(engine, shape.text)),
        }
        times.push({ name, ...each, all: each.prompts + images * (each.image + (preparing ?? 0)) })
        report({ phase: 'measuring CLIPs', done: times.length, total: publishedClips.length, unit: 'CLIPs' })
      }
      return { times, description: engine.description }
    })
    board.close()
    console.log(`\nHow long hw3_1.sh would take for ${thousands(images)} images with each CLIP that OpenAI published:\n`)
    console.log(`${timesTable(times, prompts)}\n\n${verdict(times)}`)
    console.log(`Estimated from three blocks of each CLIP, timed just now on\n${description}.`)
    console.log(told(preparing))
  } finally {
    board.close()
  }
}

function timesTable(times: readonly ClipTime[], prompts: number): string {
  const numbers = ['each image', `${thousands(prompts)} prompts`, 'in all', `of the ${minutes} min`]
  const columns = [{ title: 'CLIP' }, ...numbers.map((title) => ({ title, align: 'right' as const }))]
  const rows = times.map(({ name, image, prompts, all }) =>
    [name, duration(image), duration(prompts), duration(all), percent(all / (60 * minutes), 0)].map((text) => ({ text })),
  )
  return shownTable({ columns, rows })
}

function verdict(times: readonly ClipTime[]): string {
  const largest = times.findLast(({ all }) => all < 60 * minutes)
  return largest === undefined
    ? `None of them stays inside the ${minutes} minutes of hw3_1.sh on this machine.`
    : `${largest.name} is the largest that stays inside the ${minutes} minutes of hw3_1.sh on this machine.`
}

function told(preparing: number | undefined): string {
  if (preparing === undefined) return "Reading the images is not counted: problem 1's are not here."
  return `Reading an image takes ${duration(preparing)} more, which "in all" counts too.`
}
