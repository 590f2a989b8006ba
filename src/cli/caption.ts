import { Command } from 'commander'
import { interruptSignal } from './interrupt.ts'
import type { CaptionOptions } from './caption-folder.ts'

export function captionCommand(): Command {
  return new Command('caption')
    .description("Caption a folder of images with a run's best checkpoint, in the grader's format.")
    .argument('<run>', 'id, unique prefix of an id, or study/attempt')
    .requiredOption('--images <folder>', 'images')
    .option('--output <file>', 'predictions, {"stem": "caption"}; printed where it is left out')
    .option('--decode <how>', "greedy, beam:5 or any decode option; the run's own where it is left out")
    .addHelpText(
      'after',
      `
Examples:
  captune caption shapes/lora --images data/shapes/p3_data/images --output captions.json
  captune caption shapes/lora --images photographs --decode beam:5
  captune caption shapes/lora --images photographs --decode '{strategy: sample, top_p: 0.9, seed: 2}'`,
    )
    .action(async (run: string, options: CaptionOptions) => {
      const { captionFolder } = await import('./caption-folder.ts')
      await captionFolder(run, options, interruptSignal())
    })
}
