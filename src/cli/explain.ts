import { Command } from 'commander'
import type { ExplainOptions } from './explain-config.ts'

export function explainCommand(): Command {
  return new Command('explain')
    .description(
      'What a config means: every option and where it comes from, what would be trained, memory, disk and time on this machine.',
    )
    .argument('[config]', "a run's or a classification's YAML file, or configs/submission.yaml")
    .argument('[key=value...]', 'options that differ from the file')
    .option('--options', 'list every option there is, with its values and default')
    .option('--no-measure', 'leave out what has to be measured')
    .addHelpText(
      'after',
      `
Examples:
  captune explain configs/shapes/lora.yaml
  captune explain configs/shapes/lora.yaml peft.rank=64
  captune explain configs/classify.yaml      which CLIP keeps hw3_1.sh within its 10 minutes here
  captune explain --options`,
    )
    .action(async (path: string | undefined, overrides: string[], options: ExplainOptions) => {
      const { explain } = await import('./explain-config.ts')
      await explain(path, overrides, options)
    })
}
