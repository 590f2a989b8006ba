import { Command } from 'commander'
import { interruptSignal } from './interrupt.ts'
import type { RunPlace } from './train-one.ts'

export function trainCommand(): Command {
  return new Command('train')
    .description('Train one run, or continue it where it stopped; score its best epoch on the whole validation set.')
    .argument('<config>', "the run's YAML file")
    .argument('[key=value...]', 'options that differ from the file: peft.rank=4 train.epochs=2')
    .option('--study <name>', 'the study that the run belongs to', 'single')
    .option('--attempt <name>', "the attempt's name in the study (default: the config's name)")
    .addHelpText(
      'after',
      `
Examples:
  captune train configs/shapes/lora.yaml
  captune train configs/shapes/lora.yaml peft.rank=4 seed=2
Ctrl-C saves and stops; the same command goes on from there. A run that is finished is not trained again.`,
    )
    .action(async (path: string, overrides: string[], options: RunPlace) => {
      const { trainOne } = await import('./train-one.ts')
      await trainOne(path, overrides, options, interruptSignal())
    })
}
