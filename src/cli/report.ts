import { Command, Option } from 'commander'
import { subjects } from '../report/attempt-tables.ts'
import { tableFormats } from '../tables/print.ts'
import type { ReportTableOptions } from './report-table.ts'

export function reportCommand(): Command {
  return new Command('report')
    .description('Tables, figures and the PDF out of the database; the thinking is left to you.')
    .addCommand(tableCommand())
}

function tableCommand(): Command {
  return new Command('table')
    .description('A table of finished runs, ready to paste: mean ± sd over seeds, best in bold, second underlined.')
    .addOption(new Option('--of <subject>', 'what is compared').choices(subjects).default('attempts'))
    .option('--study <name>', 'only runs of this study')
    .addOption(
      new Option('--format <name>', 'plain is for the terminal; tex needs booktabs; json has all digits')
        .choices([...tableFormats, 'typst'])
        .default('plain'),
    )
    .option('--published', "rows of what others published for the course's photographs")
    .option('--rows <option>', 'a table of your own: an option (peft.rank) or study, attempt, seed, method, kind downwards')
    .option('--cols <option>', 'another across')
    .option('--metric <name>', 'what stands inside: any metric, or model.trained', 'val/cider')
    .addHelpText(
      'after',
      `
Examples:
  captune report table
  captune report table --study shapes --format tex
  captune report table --of prompts --published --format md
  captune report table --study ranks --rows peft.rank --cols train.lr --metric val/cider`,
    )
    .action(async (options: ReportTableOptions) => {
      const { printReportTable } = await import('./report-table.ts')
      printReportTable(options)
    })
}
