import { Command } from 'commander'
import { interruptSignal } from './interrupt.ts'
import type { RunPlace } from './train-one.ts'

export function decodeCommand(): Command {
  return new Command('decode')
    .description(
      'Caption the validation set again with what a run has learned, decoded in another way, and score it; nothing is trained.',
    )
    .argument('<run>', 'a trained run: id, unique prefix of an id, or study/attempt')
    .argument('[key=value...]', "options of decode that differ from the run's: decode.max_length=30")
    .option('--study <name>', 'the study that the new run belongs to', 'single')
    .option('--attempt <name>', "its attempt's name in the study (default: the run's name)")
    .addHelpText(
      'after',
      '\nExample:\n  captune decode shapes/lora decode.max_length=30\nA study of kind decode compares several.',
    )
    .action(async (run: string, overrides: string[], options: RunPlace) => {
      const { decodeRun } = await import('./decode-run.ts')
      await decodeRun(run, overrides, options, interruptSignal())
    })
}
