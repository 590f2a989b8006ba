import { Command } from 'commander'
import { days } from './arguments.ts'
import type { PruneOptions } from './cache-prune.ts'

export function cacheCommand(): Command {
  return new Command('cache')
    .description('The image features that runs share: what is there, and how to delete what is no longer needed.')
    .addCommand(listCommand())
    .addCommand(pruneCommand())
    .addHelpText('after', '\nExamples:\n  captune cache ls\n  captune cache prune --older 30 --dry-run')
}

function listCommand(): Command {
  return new Command('ls')
    .description(
      'Every cache of features: whose they are, how many, their size on disk, their last use, the runs that read them.',
    )
    .option('--json', 'everything as JSON')
    .addHelpText('after', '\nExample:\n  captune cache ls')
    .action(async ({ json }: { json?: boolean }) => {
      const { printCaches } = await import('./cache-table.ts')
      printCaches(json === true)
    })
}

function pruneCommand(): Command {
  return new Command('prune')
    .description('Delete caches of features. What a later run needs again, it computes again.')
    .argument('[fingerprint...]', 'these alone; the beginning of one is enough')
    .option('--older <days>', 'those alone that were not used for so many days', days)
    .option('--incomplete', 'those alone that are unfinished or damaged')
    .option('--dry-run', 'say what would go, delete nothing')
    .addHelpText(
      'after',
      `
Examples:
  captune cache prune --older 30 --dry-run
  captune cache prune --incomplete
  captune cache prune 3f2a

A cache goes where all that is given holds. One that is being written, or read by a run under way, stays (exit code 3).`,
    )
    .action(async (fingerprints: string[], options: PruneOptions) => {
      const { pruneCaches } = await import('./cache-prune.ts')
      await pruneCaches(fingerprints, options)
    })
}
