import { Command } from 'commander'
import type { RebuildOptions } from './db-rebuild.ts'

export function dbCommand(): Command {
  return new Command('db')
    .description("The database of runs: made anew from the runs' folders, or joined with another.")
    .addCommand(rebuildCommand())
    .addCommand(mergeCommand())
    .addHelpText('after', '\nExamples:\n  captune db rebuild\n  captune db merge /mnt/other/runs/runs.db')
}

function rebuildCommand(): Command {
  return new Command('rebuild')
    .description("Make the database anew from the journals in the runs' folders; the old one is kept beside it.")
    .option('--from <folder>', "the folder that holds the runs' folders (default: the usual one)")
    .option('--to <file>', "the database to make (default: runs.db beside the runs' folders)")
    .addHelpText(
      'after',
      `
Examples:
  captune db rebuild
  captune db rebuild --from /mnt/old/runs --to old.db

Damaged lines of a journal are passed over and told; what config.yaml, predictions and scores still know of them is put back.`,
    )
    .action(async (options: RebuildOptions) => {
      const { rebuild } = await import('./db-rebuild.ts')
      rebuild(options)
    })
}

function mergeCommand(): Command {
  return new Command('merge')
    .description("Add another database's runs to this one; what is older never replaces what is newer.")
    .argument('<database>', 'the runs.db of another folder or machine')
    .addHelpText(
      'after',
      `
Example:
  captune db merge /mnt/laptop/runs/runs.db

Merging again changes nothing. A run that differs here and there stays as it is here and is named (exit code 3). Folders are not copied.`,
    )
    .action(async (other: string) => {
      const { merge } = await import('./db-merge.ts')
      merge(other)
    })
}
