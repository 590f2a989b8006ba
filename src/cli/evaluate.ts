import { Command, Option } from 'commander'
import { metricChoices } from '../recipes/metric-choices.ts'
import { metricList, positiveNumber, wholeNumber } from './arguments.ts'
import type { EvaluateOptions } from './evaluate-contest.ts'

export function evaluateCommand(): Command {
  return new Command('evaluate')
    .description("Score captions: a run's, or those of any predictions file, as the course's evaluator does.")
    .argument('[run]', 'id, unique prefix of an id, or study/attempt')
    .option('--split <name>', "the run's split", 'val')
    .option('--shuffled', 'score the same captions against other images too, and the best constant caption')
    .option('--pred <file>', 'predictions, {"stem": "caption"}; a .csv is problem 1\'s, filename,label')
    .option('--annotations <file>', "captions in COCO's layout, as val.json")
    .option('--images <folder>', 'images, for CLIPScore; of problem 1 to find those that the .csv lacks')
    .option('--classes <file>', "problem 1's id2label.json, for the names of the classes")
    .option('--against <run or file>', 'compare with these captions of the same images: paired bootstrap')
    .option('--differences <n>', 'images shown where the two differ most', wholeNumber, 5)
    .option('--metrics <list>', `some of ${metricChoices.join(',')}`, metricList)
    .option('--df <file>', 'count document frequencies of CIDEr on these captions, a train.json say')
    .option('--original-cider', 'CIDEr without clipping and length penalty, as first published')
    .option('--clip <file>', 'weights of the CLIP that judges; by default ViT-B/32, as the course')
    .option('--clip-vocabulary <file>', "that CLIP's vocabulary")
    .addOption(variant)
    .addOption(precision)
    .option('--per-image <file>', 'write every caption with its own scores as CSV')
    .option('--seed <n>', 'of bootstrap and shuffle', wholeNumber, 1)
    .option('--resamples <n>', 'sets of images that the bootstrap draws', positiveNumber, 2000)
    .option('--json', 'print JSON')
    .addOption(new Option('--pred_file <file>', "the course's name of --pred").hideHelp())
    .addOption(new Option('--annotation_file <file>', "the course's name of --annotations").hideHelp())
    .addOption(new Option('--images_root <folder>', "the course's name of --images").hideHelp())
    .addHelpText('after', help)
    .action(async (run: string | undefined, options: EvaluateOptions) => {
      const { evaluate } = await import('./evaluate-run.ts')
      await evaluate(run, options)
    })
}

const variant = new Option(
  '--clip-variant <name>',
  "course: the caption as it is; paper: after 'A photo depicts', and RefCLIPScore",
)
  .choices(['course', 'paper'])
  .default('course')

const precision = new Option('--precision <name>', "fp16: round embeddings and cosine as the course's evaluator does on a GPU")
  .choices(['fp32', 'fp16'])
  .default('fp32')

const help = `
The first line is the one that the course's evaluator prints; its own option names (--pred_file, --annotation_file, --images_root) work too.
Intervals are percentile bootstraps over images: how far another set of images of the same kind would move the score.
A caption of more than 77 CLIP tokens stops the course's evaluator; here it is cut, named, and the exit code is 3 (0 in the paper's variant).
New scores of a RUN go into its record. METEOR and SPICE need Java models and are not computed.

Examples:
  captune evaluate --pred pred.json --annotations p2_data/val.json
  captune evaluate --pred pred.json --annotations p2_data/val.json --images p2_data/images/val
  captune evaluate --pred pred.json --against other.json --annotations p2_data/val.json
  captune evaluate shapes/lora --against shapes/adapter
  captune evaluate shapes/lora --shuffled
  captune evaluate --pred pred.csv --images p1_data/val --classes p1_data/id2label.json`
