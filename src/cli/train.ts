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
    .option('--profile [steps]', 'train nothing; time every operation of a few steps (default: 20) and tell where the time goes')
    .addHelpText(
      'after',
      `
Examples:
  captune train configs/shapes/lora.yaml
  captune train configs/shapes/lora.yaml peft.rank=4 seed=2
  captune train configs/shapes/lora.yaml --profile
Ctrl-C saves and stops; the same command goes on from there. A run that is finished is not trained again.`,
    )
    .action(async (path: string, overrides: string[], { profile, ...options }: RunPlace & { profile?: string | true }) => {
      if (profile !== undefined)
        return (await import('./train-profile.ts')).profileOne(path, overrides, profile, interruptSignal())
      const { trainOne } = await import('./train-one.ts')
      await trainOne(path, overrides, options, interruptSignal())
    })
}
