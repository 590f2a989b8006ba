import { Command } from 'commander'
import { interruptSignal } from './interrupt.ts'

export function encodeCommand(): Command {
  return new Command('encode')
    .description("Compute the features of a config's images into the cache, where every run of the same encoder finds them.")
    .argument('<config>', "a run's YAML file")
    .argument('[key=value...]', 'options that differ from the file')
    .addHelpText('after', '\nExample:\n  captune encode configs/shapes/lora.yaml')
    .action(async (path: string, overrides: string[]) => {
      const { encodeConfig } = await import('./encode-config.ts')
      await encodeConfig(path, overrides, interruptSignal())
    })
}
