import { Command, InvalidArgumentError, Option } from 'commander'
import { wholeNumber } from './arguments.ts'
import type { AttendCommandOptions } from './attend-folder.ts'
import { interruptSignal } from './interrupt.ts'

export function attendCommand(): Command {
  return new Command('attend')
    .description("Caption images with a run's best checkpoint and show where each word of a caption looked.")
    .argument('<run>', 'id, unique prefix of an id, or study/attempt')
    .requiredOption('--images <folder>', 'images')
    .option('--output <folder>', "where the files go (default: attention/ in the run's folder)")
    .option('--decode <how>', "greedy, beam:5 or any decode option; the run's own where it is left out")
    .option('--layer <which>', 'last, mean, rollout, or the number of a layer, counted from 0', layerChoice, 'last')
    .option('--head <which>', 'mean, or the number of a head, counted from 0', headChoice, 'mean')
    .addOption(
      new Option('--special <what>', 'the class token and <|endoftext|>: show them, or drop them and let the rest sum to 1')
        .choices(['show', 'drop'])
        .default('show'),
    )
    .addHelpText(
      'after',
      `
For each image: a grid of maps as PNG and SVG, and the weights of all layers and
heads in a safetensors file. A word's map is where the model looked when it
chose that word; a word of several tokens has their mean.

Examples:
  captune attend shapes/lora --images data/shapes/p3_data/images
  captune attend shapes/lora --images photographs --decode beam:5 --layer rollout`,
    )
    .action(async (run: string, options: AttendCommandOptions) => {
      const { attendAndDraw } = await import('./attend-folder.ts')
      await attendAndDraw(run, options, interruptSignal())
    })
}

function layerChoice(text: string): AttendCommandOptions['layer'] {
  if (text === 'last' || text === 'mean' || text === 'rollout') return text
  return numberOr(text, 'last, mean, rollout')
}

function headChoice(text: string): AttendCommandOptions['head'] {
  return text === 'mean' ? text : numberOr(text, 'mean')
}

function numberOr(text: string, words: string): number {
  try {
    return wholeNumber(text)
  } catch {
    throw new InvalidArgumentError(`${words} or a number is needed.`)
  }
}
