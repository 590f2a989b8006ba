// The command line as a function: one small file per command, loaded when it is called, so that help is instant.
import { Command, CommanderError } from 'commander'
import { readText, fromRoot } from '../base/files.ts'
import { attendCommand } from './attend.ts'
import { cacheCommand } from './cache.ts'
import { captionCommand } from './caption.ts'
import { checkCommand } from './check.ts'
import { classifyCommand } from './classify.ts'
import { dashboardCommand } from './dashboard.ts'
import { dataCommand } from './data.ts'
import { dbCommand } from './db.ts'
import { decodeCommand } from './decode.ts'
import { doctorCommand } from './doctor.ts'
import { encodeCommand } from './encode.ts'
import { evaluateCommand } from './evaluate.ts'
import { tell } from './exit-code.ts'
import { explainCommand } from './explain.ts'
import { exportCommand } from './export.ts'
import { getCommand } from './get.ts'
import { inspectCommand } from './inspect.ts'
import { pretrainCommand } from './pretrain.ts'
import { reportCommand } from './report.ts'
import { runsCommand } from './runs.ts'
import { setupCommand } from './setup.ts'
import { studyCommand } from './study.ts'
import { submitCommand } from './submit.ts'
import { trainCommand } from './train.ts'

const { version } = JSON.parse(readText(fromRoot('package.json'))) as { version: string }

/** Runs `captune ...args` and tells the user what goes wrong; gives the exit code. */
export async function runProgram(args: readonly string[]): Promise<number> {
  try {
    await program().parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    return exitCode(error)
  }
}

function program(): Command {
  const program = new Command('captune')
    .description('Declare a parameter-efficient captioning experiment in YAML, train it, compare it, report it.')
    .version(version)
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: false })
    .exitOverride()
    .addHelpText(
      'after',
      `
Examples:
  captune study experiments/shapes/study.yaml          train the attempts of a study that are missing, print the table
  captune train configs/shapes/lora.yaml peft.rank=4   one run, with an option changed
  captune explain configs/shapes/lora.yaml             what a config means, what it trains, how long it will take
  captune runs                                         the table of runs

Exit codes: 0 done, 1 a fault of the program, 2 something for you to mend, 3 incomplete, 130 interrupted.`,
    )

  for (const command of [
    getCommand(),
    dataCommand(),
    pretrainCommand(),
    encodeCommand(),
    cacheCommand(),
    explainCommand(),
    inspectCommand(),
    trainCommand(),
    studyCommand(),
    classifyCommand(),
    captionCommand(),
    attendCommand(),
    decodeCommand(),
    evaluateCommand(),
    exportCommand(),
    submitCommand(),
    checkCommand(),
    dashboardCommand(),
    runsCommand(),
    reportCommand(),
    dbCommand(),
    setupCommand(),
    doctorCommand(),
  ])
    program.addCommand(inheriting(command))

  return program
}

function inheriting(command: Command): Command {
  command.exitOverride().showSuggestionAfterError()
  for (const below of command.commands) inheriting(below)
  return command
}

/** The exit code for what was thrown; commander has told the user what it throws. */
function exitCode(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  return tell(error)
}
