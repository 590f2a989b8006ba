import { Command } from 'commander'
import type { CheckOptions } from './check-submission.ts'

export function checkCommand(): Command {
  return new Command('check')
    .description("Will the submission be graded? The course's rules as checks, with what is at stake and what to do.")
    .option(
      '--fresh',
      'in place of the sample: clone the last commit into an empty place, run the three scripts there on all images, and score',
      false,
    )
    .option('--json', 'print JSON', false)
    .addHelpText(
      'after',
      `
Examples:
  captune check           the rules, and both scripts on a sample of images
  captune check --fresh   as the graders do it; takes as long as they wait

Exit code 3 where a check fails.`,
    )
    .action(async (options: CheckOptions) => {
      const { check } = await import('./check-submission.ts')
      await check(options)
    })
}
