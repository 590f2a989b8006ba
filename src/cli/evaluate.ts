import { Command } from 'commander'
import { wholeNumber } from './arguments.ts'
import type { EvaluateOptions } from './evaluate-run.ts'

export function evaluateCommand(): Command {
  return new Command('evaluate')
    .description("Score captions: a run's, or those of any predictions file, as the course's evaluator does.")
    .argument('[run]', 'id, unique prefix of an id, or study/attempt')
    .option('--split <name>', "the run's split", 'val')
    .option(
      '--shuffled',
      'score the same captions against other images too, and the best constant caption: how much is really seen',
    )
    .option('--seed <n>', 'of the shuffle', wholeNumber, 1)
    .option('--pred <file>', 'predictions, {"stem": "caption"}')
    .option('--annotations <file>', "captions in COCO's layout, as val.json")
    .option('--images <folder>', 'images, for CLIPScore')
    .option('--clip <file>', 'weights of the CLIP that judges')
    .option('--clip-vocabulary <file>', "that CLIP's vocabulary")
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  captune evaluate shapes/lora --shuffled
  captune evaluate --pred pred.json --annotations p2_data/val.json
  captune evaluate --pred pred.json --annotations p2_data/val.json --images p2_data/images/val --clip clip.safetensors --clip-vocabulary bpe.txt.gz
METEOR and SPICE need Java models and are not computed.`,
    )
    .action(async (run: string | undefined, options: EvaluateOptions) => {
      const { evaluate } = await import('./evaluate-run.ts')
      await evaluate(run, options)
    })
}
