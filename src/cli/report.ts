import { Command, Option } from 'commander'
import { subjects } from '../report/subjects.ts'
import { tableFormats } from '../tables/table-formats.ts'
import { wholeNumber } from './arguments.ts'
import { interruptSignal } from './interrupt.ts'
import type { ReportBuildOptions } from './report-build.ts'
import type { ReportTableOptions } from './report-table.ts'

export function reportCommand(): Command {
  return new Command('report')
    .description('Tables, figures and the PDF out of the database; the thinking is left to you.')
    .addCommand(tableCommand())
    .addCommand(buildCommand())
    .addCommand(verifyCommand())
    .addCommand(pickCommand())
    .addHelpText('after', '\nExamples:\n  captune report table --format tex\n  captune report build --student r12345678')
}

const output = () => new Option('--output <folder>', "the report's folder (default: report/ in the checkout)")

function buildCommand(): Command {
  return new Command('build')
    .description(
      "Write the report: tables and figures of the best runs in the course's order, hw3_<ID>.pdf, and a page for reading.",
    )
    .option('--student <id>', 'r12345678, say; remembered')
    .option('--name <name>', 'your name, in any script; remembered')
    .addOption(output())
    .option('--study <name>', 'only attempts of this study')
    .option('--images <list>', 'images of section 1.3, by name: 3_12.png,41_0.png; remembered', nameList)
    .option(
      '--published',
      "what others published for the course's photographs, under your attempts; --no-published takes it back",
    )
    .addOption(new Option('--no-published').hideHelp())
    .option('--seed <n>', 'of the sample of images of section 1.3; remembered', wholeNumber)
    .addHelpText(
      'after',
      `
The best finished run of each PEFT type is taken unless \`captune report pick\` says otherwise. Your own words live in text/ in the
report's folder: those files are made once, with the questions in them, and never written again. Exit code 3: something that the course
asks for is missing; the report says what, and which command makes it.

Examples:
  captune report build --student r12345678 --name 王小明
  captune report build`,
    )
    .action(async (options: ReportBuildOptions) => {
      const { buildReportFiles } = await import('./report-build.ts')
      await buildReportFiles(options, interruptSignal())
    })
}

function verifyCommand(): Command {
  return new Command('verify')
    .description('Hold every number of a built report against the database; exit code 3 where one differs.')
    .addOption(output())
    .action(async ({ output: folder }: { output?: string }) => {
      const { verifyReportFiles } = await import('./report-verify.ts')
      verifyReportFiles(folder)
    })
}

function pickCommand(): Command {
  return new Command('pick')
    .description(
      'Say which runs the report shows: best=RUN, or a PEFT type. An empty RUN takes the pick back; without any, list them.',
    )
    .argument('[name=RUN...]', 'lora=RUN adapter=RUN best=RUN')
    .addOption(output())
    .addHelpText(
      'after',
      '\nExamples:\n  captune report pick lora=hw3/lora best=hw3-lora-s2-1a2b3c4d\n  captune report pick lora=',
    )
    .action(async (picks: string[], { output: folder }: { output?: string }) => {
      const { pickRuns } = await import('./report-pick.ts')
      pickRuns(picks, folder)
    })
}

function nameList(text: string): string[] {
  return text.split(',').map((name) => name.trim())
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
