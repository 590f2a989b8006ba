import { Command, Option } from 'commander'
import { interruptSignal } from './interrupt.ts'
import type { SubmitOptions } from './submit-run.ts'

export function submitCommand(): Command {
  return new Command('submit')
    .description('Make a run what the grading scripts run: its trained tensors and configs/submission.yaml.')
    .argument('[run]', 'a training, or a decoding of one: id, unique prefix, or study/attempt; left out: the captioner stays')
    .option(
      '--classify <run>',
      "the classification whose CLIP and prompts problem 1 takes; left out: as before, or the run's judge",
    )
    .option('--decode <how>', "beam:5 or any other way of decoding, unscored; left out: the run's own")
    .option('--weights <path>', 'where the trained tensors go', 'submission/trained.safetensors')
    .addOption(new Option('--dtype <type>', 'of the trained tensors').choices(['float32', 'float16']).default('float32'))
    .option(
      '--runtime',
      'also write the archive with Node, the program and its libraries for a machine that has none of them',
      false,
    )
    .option('--url <name=link...>', 'where a file is hosted; share links of Google Drive and Dropbox will do', [])
    .option('--no-verify', 'do not download what --url names')
    .addHelpText(
      'after',
      `
Examples:
  captune submit hw3/lora --classify prompts/ensemble    hw3_1.sh and hw3_2.sh now run these
  captune submit decoding/beam-5                         the same captioner, decoded as was scored best
  captune submit --runtime                               what a machine without Node needs, as one archive
  captune submit --url trained=https://drive.google.com/file/d/ID/view --url runtime=https://...
  captune check                                          will it be graded?

Names for --url are printed by this command. A link is fetched as a stranger would, and its SHA-256 compared.`,
    )
    .action(async (run: string | undefined, options: SubmitOptions) => {
      const { submit } = await import('./submit-run.ts')
      await submit(run, options, interruptSignal())
    })
}
