import { Command, Option } from 'commander'
import { positiveNumber } from './arguments.ts'
import { tableFormats } from '../tables/table-formats.ts'
import { actionCommands } from './runs-actions.ts'
import type { AddOptions } from './runs-add.ts'
import type { CompareOptions } from './runs-compare.ts'
import type { RunsOptions } from './runs-table.ts'

export function runsCommand(): Command {
  const runs = new Command('runs')
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
    .addCommand(compareCommand())
  for (const command of actionCommands()) runs.addCommand(command)
  return runs
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

function compareCommand(): Command {
  return new Command('compare')
    .description('Runs beside each other: scores with their intervals and verdicts, cost, the options that differ.')
    .argument('[run...]', 'ids, unique prefixes of ids, or study/attempt; by default the best of each PEFT type')
    .addOption(new Option('--format <format>', 'how the table is printed').choices(tableFormats).default('plain'))
    .addHelpText(
      'after',
      '\nExamples:\n  captune runs compare\n  captune runs compare shapes/none shapes/lora shapes/adapter --format tex',
    )
    .action(async (runs: string[], options: CompareOptions) => {
      const { printComparison } = await import('./runs-compare.ts')
      printComparison(runs, options)
    })
}
