import { Command } from 'commander'
import { positiveNumber, wholeNumber } from './arguments.ts'
import { interruptSignal } from './interrupt.ts'
import type { StudyOptions } from './study-run.ts'

export function studyCommand(): Command {
  return new Command('study')
    .description('Do every attempt of a study that is missing or failed (train, classify or decode), and print the comparison.')
    .argument('<file>', "a study's YAML file, or a config's")
    .argument(
      '[key=value...]',
      "options over every attempt; with a config's file, several values make attempts: peft.rank=4,8 seed=1,2,3",
    )
    .option('--dry-run', 'print the runs, what is done, and the hours; do nothing')
    .option('--jobs <n>', 'runs at a time', positiveNumber, 1)
    .option('--retry <n>', 'how many more times a failed run is tried', wholeNumber, 0)
    .option('--fail-fast', 'stop everything at the first run that fails')
    .addHelpText(
      'after',
      `
Examples:
  captune study experiments/shapes/study.yaml
  captune study experiments/shapes/study.yaml --dry-run
  captune study experiments/prompts/study.yaml
  captune study experiments/shapes/decoding.yaml
  captune study configs/shapes/lora.yaml peft.rank=4,8,16 seed=1,2,3 --jobs 2
Ctrl-C saves and stops; the same command goes on from there.`,
    )
    .action(async (path: string, args: string[], options: StudyOptions) => {
      const { runStudy } = await import('./study-run.ts')
      await runStudy(path, args, options, interruptSignal())
    })
}
