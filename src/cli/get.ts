import { Command, Option } from 'commander'
import { interruptSignal } from './interrupt.ts'
import type { GetOptions } from './get-options.ts'

export function getCommand(): Command {
  return new Command('get')
    .description(
      'What has to come from outside: what is here, what is missing, from where; downloads it or takes what you bring.',
    )
    .argument('[what]', 'course, clip, vocabulary or decoder; nothing: the list')
    .argument('[model]', "a CLIP's name: ViT-B/32, ViT-B/16, ViT-L/14, ViT-L/14@336px")
    .option('--from <path>', 'take the file, or the folder that has it, from here; it is copied and verified')
    .option('--to <folder>', 'put it here and not where the configs look')
    .option(
      '--url <url>',
      "download from this address (one that ends in / gets the files' names); the SHA-256 must be the published one",
    )
    .addOption(
      new Option('--check [root]', "verify the course's tree (default: hw3_data): counts, captions and images").conflicts([
        'from',
        'to',
        'url',
      ]),
    )
    .addHelpText(
      'after',
      `
Examples:
  captune get                                     the list
  captune get clip ViT-L/14                       downloads, verifies; the same command continues what was cut off
  captune get vocabulary
  captune get clip ViT-L/14 --from ~/.cache/clip  takes what another program has downloaded
  captune get course                              says how to get the course's data
  captune get --check

Without a network it prints addresses, sizes and where the files belong. Exit code 3 where --check finds the tree incomplete.`,
    )
    .action(async (what: string | undefined, model: string | undefined, options: GetOptions) => {
      const { get } = await import('./get-files.ts')
      await get({ what, model }, options, interruptSignal())
    })
}
