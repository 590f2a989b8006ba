import { resolve } from 'node:path'
import { Command } from 'commander'
import { interruptSignal } from './interrupt.ts'
import { wholeNumber } from './arguments.ts'

export function dataCommand(): Command {
  const shapes = new Command('shapes')
    .description(
      "Make the built-in world: scenes of coloured shapes with captions, in the course's layout. The same seed gives the same bytes.",
    )
    .option('--root <folder>', 'where to put it', 'data/shapes')
    .option('--seed <n>', 'seed', wholeNumber, 1)
    .option('--train <n>', 'training images of problem 2', wholeNumber, 1200)
    .option('--val <n>', 'validation images of problem 2', wholeNumber, 300)
    .option('--per-class <n>', 'images of each of the 50 classes of problem 1', wholeNumber, 10)
    .addHelpText('after', '\nExamples:\n  captune data shapes\n  captune data shapes --root data/small --train 100 --val 20')
    .action(async (options: { root: string; seed: number; train: number; val: number; perClass: number }) => {
      const { makeShapes, worldRoot } = await import('../recipes/world.ts')
      const { fromRoot } = await import('../base/files.ts')
      const { progressBoard } = await import('./progress-board.ts')
      const root = options.root === worldRoot ? fromRoot(worldRoot) : resolve(options.root)
      const board = progressBoard()
      try {
        const { seed, train, val, perClass } = options
        const world = await makeShapes(
          root,
          { seed, train, val, perClass },
          { report: board.reporter(''), signal: interruptSignal() },
        )
        board.close()
        console.log(
          `${root}: ${train} + ${val} captioned images, ${50 * perClass} labelled ones; fingerprint ${world.fingerprint.slice(0, 16)}`,
        )
      } finally {
        board.close()
      }
    })
  return new Command('data')
    .description('Data sets.')
    .addCommand(shapes)
    .addHelpText('after', '\nExample:\n  captune data shapes')
}
