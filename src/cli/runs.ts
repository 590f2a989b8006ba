import { Command, Option } from 'commander'
import type { RunsOptions } from './runs-table.ts'

export function runsCommand(): Command {
  return new Command('runs')
    .description('The table of runs: what was trained, its scores, its state.')
    .option('--study <name>', 'of one study alone')
    .option('--all', 'hidden runs too')
    .addOption(new Option('--json', 'print JSON').conflicts(['csv', 'md']))
    .addOption(new Option('--csv', 'print CSV').conflicts(['json', 'md']))
    .addOption(new Option('--md', 'print Markdown').conflicts(['json', 'csv']))
    .addHelpText('after', '\nExamples:\n  captune runs\n  captune runs --study shapes --md')
    .action(async (options: RunsOptions) => {
      const { printRuns } = await import('./runs-table.ts')
      printRuns(options)
    })
}
