import { Command, Option } from 'commander'
import { positiveNumber } from './arguments.ts'
import type { AddOptions } from './runs-add.ts'
import type { RunsOptions } from './runs-table.ts'

export function runsCommand(): Command {
  return new Command('runs')
    .description('The table of runs: what was trained, its scores, its state.')
    .option('--study <name>', 'of one study alone')
    .option('--all', 'hidden runs too')
    .addOption(new Option('--json', 'print JSON').conflicts(['csv', 'md']))
    .addOption(new Option('--csv', 'print CSV').conflicts(['json', 'md']))
    .addOption(new Option('--md', 'print Markdown').conflicts(['json', 'csv']))
    .addHelpText(
      'after',
      '\nExamples:\n  captune runs\n  captune runs --study shapes --md\n  captune runs add pytorch --pred pred.json',
    )
    .action(async (options: RunsOptions) => {
      const { printRuns } = await import('./runs-table.ts')
      printRuns(options)
    })
    .addCommand(addCommand())
    .addCommand(removeCommand())
}

function addCommand(): Command {
  return new Command('add')
    .description("Score any program's predictions and keep them as a finished run.")
    .argument('<name>', 'of the attempt, as it stands in the table')
    .requiredOption('--pred <file>', 'predictions, {"stem": "caption"}')
    .option(
      '--annotations <file>',
      "captions in COCO's layout; by default the validation data and judge of the newest trained run",
    )
    .option('--images <folder>', 'images, for CLIPScore')
    .option('--clip <file>', 'weights of the CLIP that judges; by default ViT-B/32, as the course')
    .option('--clip-vocabulary <file>', "that CLIP's vocabulary")
    .option('--trained <n>', 'parameters that the program trained', positiveNumber)
    .option('--study <name>', 'the study that the run joins', 'external')
    .addHelpText('after', '\nExample:\n  captune runs add pytorch-lora --pred pred.json --trained 28348416')
    .action(async (name: string, options: AddOptions) => {
      const { addRun } = await import('./runs-add.ts')
      await addRun(name, options)
    })
}

function removeCommand(): Command {
  return new Command('remove')
    .description('Take a run out of tables and studies; its files stay.')
    .argument('<run>', 'id, unique prefix of an id, or study/attempt')
    .option('--undo', 'put it back; the whole id is needed')
    .addHelpText('after', '\nExample:\n  captune runs remove external/pytorch-lora')
    .action(async (run: string, { undo }: { undo?: boolean }) => {
      const { removeRun } = await import('./runs-remove.ts')
      removeRun(run, undo === true)
    })
}
