// The commands below `captune runs` that do something to runs on record.
import { Command, Option } from 'commander'
import { days } from './arguments.ts'
import type { PruneOptions } from './runs-prune.ts'
import type { ReproOptions } from './runs-repro.ts'

const runArgument = 'id, unique prefix of an id, or study/attempt'
const marks = () => import('./runs-mark.ts')

export function actionCommands(): Command[] {
  return [...shownCommands(), ...markCommands(), stopCommand(), reproCommand(), pruneCommand()]
}

function shownCommands(): Command[] {
  const hide = new Command('hide')
    .alias('remove')
    .description('Take runs out of tables and studies; their files stay.')
    .argument('<run...>', runArgument)
    .addHelpText('after', '\nExample:\n  captune runs hide external/pytorch-lora')
    .action(async (runs: string[]) => (await marks()).hideRuns(runs))
  const show = new Command('show')
    .description('Put hidden runs back.')
    .argument('<run...>', 'whole ids; `captune runs --all` lists them')
    .addHelpText('after', '\nExample:\n  captune runs show external-pytorch-lora-s1-3f2a94c0')
    .action(async (runs: string[]) => (await marks()).showRuns(runs))
  return [hide, show]
}

function markCommands(): Command[] {
  const tag = new Command('tag')
    .description('Tag a run. One that is tagged `final` is never pruned unless it is named.')
    .argument('<run>', runArgument)
    .argument('<tag...>', 'one or more words')
    .option('--off', 'take the tags off')
    .addHelpText('after', '\nExamples:\n  captune runs tag shapes/lora final\n  captune runs tag shapes/lora draft --off')
    .action(async (run: string, tags: string[], { off }: { off?: boolean }) => (await marks()).tagRuns(run, tags, off === true))
  const note = new Command('note')
    .description('Note something about a run, or read its notes.')
    .argument('<run>', runArgument)
    .argument('[text...]', 'the note')
    .addHelpText(
      'after',
      '\nExamples:\n  captune runs note shapes/lora the loss jumps at epoch 2\n  captune runs note shapes/lora',
    )
    .action(async (run: string, words: string[]) => (await marks()).noteOf(run, words))
  const rename = new Command('rename')
    .description('Give a run a name for people; its id stays.')
    .argument('<run>', runArgument)
    .argument('<name>', 'the name')
    .addHelpText('after', '\nExample:\n  captune runs rename shapes/lora "LoRA, rank 8"')
    .action(async (run: string, name: string) => (await marks()).renameTo(run, name))
  const baseline = new Command('baseline')
    .description('Make a run the one that others of its study are compared with.')
    .argument('<run>', runArgument)
    .option('--off', 'no longer')
    .addHelpText('after', '\nExample:\n  captune runs baseline shapes/none')
    .action(async (run: string, { off }: { off?: boolean }) => (await marks()).makeBaseline(run, off === true))
  return [tag, note, rename, baseline]
}

function stopCommand(): Command {
  return new Command('stop')
    .description('Ask a run that is under way to save and stop.')
    .argument('<run>', runArgument)
    .addHelpText('after', '\nExample:\n  captune runs stop shapes/lora')
    .action(async (run: string) => (await marks()).stopRun(run))
}

function reproCommand(): Command {
  return new Command('repro')
    .description('The commands that make a run again: commit, uncommitted changes, config, seed; and what differs here.')
    .argument('<run>', runArgument)
    .option(
      '--to <folder>',
      'prepare a checkout there: the commit with the changes that were not committed, the config beside it',
    )
    .addOption(new Option('--print <what>', 'print that alone').choices(['diff', 'config']).conflicts('to'))
    .addHelpText(
      'after',
      `
Examples:
  captune runs repro shapes/lora
  captune runs repro shapes/lora --to ../lora-again
  captune runs repro shapes/lora --print diff | git apply`,
    )
    .action(async (run: string, options: ReproOptions) => {
      const { reproduce } = await import('./runs-repro.ts')
      await reproduce(run, options)
    })
}

function pruneCommand(): Command {
  return new Command('prune')
    .description('Delete runs for good: their rows and their folders.')
    .argument('[run...]', `these alone; ${runArgument}`)
    .option('--hidden', 'hidden ones alone')
    .option('--failed', 'failed and crashed ones alone')
    .option('--older <days>', 'those alone that ended so many days ago', days)
    .option('--dry-run', 'say what would go, delete nothing')
    .addHelpText(
      'after',
      `
Examples:
  captune runs prune --hidden --dry-run
  captune runs prune --failed --older 7
  captune runs prune shapes/lora

A run goes where all that is given holds. One that is under way stays; a baseline, and one tagged "final", goes only by its name (exit code 3).`,
    )
    .action(async (runs: string[], options: PruneOptions) => {
      const { pruneRuns } = await import('./runs-prune.ts')
      pruneRuns(runs, options)
    })
}
