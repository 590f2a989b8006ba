import { resolve } from 'node:path'
import { Command } from 'commander'
import { fromRoot } from '../base/files.ts'
import { positiveNumber, wholeNumber } from './arguments.ts'
import { interruptSignal } from './interrupt.ts'

interface Options {
  readonly steps: number
  readonly seed: number
  readonly output: string
  readonly vocabulary: string
}

export function pretrainCommand(): Command {
  const model = (name: 'clip' | 'decoder', description: string, usual: Omit<Options, 'seed'>) =>
    new Command(name)
      .description(description)
      .option('--steps <n>', 'optimizer steps', positiveNumber, usual.steps)
      .option('--seed <n>', 'seed', wholeNumber, 1)
      .option('--output <file>', 'safetensors file to write', usual.output)
      .option('--vocabulary <path>', 'vocabulary to write', usual.vocabulary)
      .action((options: Options) => {
        const output = placed(options.output, usual.output)
        return pretrainModel(name, { ...options, output, vocabulary: placed(options.vocabulary, usual.vocabulary) })
      })
  return new Command('pretrain')
    .description('Make the small weights of the built-in world from the world alone, as they are shipped in weights/shapes.')
    .addCommand(
      model('clip', 'two towers, image and text, taught which caption belongs to which picture', {
        steps: 1500,
        output: 'weights/shapes/clip.safetensors',
        vocabulary: 'weights/shapes/clip-vocabulary.txt.gz',
      }),
    )
    .addCommand(
      model('decoder', 'a small GPT-2 that has read captions and never seen an image', {
        steps: 600,
        output: 'weights/shapes/decoder.safetensors',
        vocabulary: 'weights/shapes/gpt2',
      }),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  captune pretrain decoder\n  captune pretrain clip --steps 20 --output clip.safetensors --vocabulary clip-vocabulary.txt.gz',
    )
}

/** What is given is relative to the working directory, what is usual to the checkout. */
function placed(given: string, usual: string): string {
  return given === usual ? fromRoot(usual) : resolve(given)
}

async function pretrainModel(name: 'clip' | 'decoder', options: Options): Promise<void> {
  const { usualEngine, withEngine } = await import('../recipes/with-engine.ts')
  const { progressBoard } = await import('./progress-board.ts')
  const pretrain =
    name === 'clip'
      ? (await import('../recipes/pretrain-clip.ts')).pretrainClip
      : (await import('../recipes/pretrain-decoder.ts')).pretrainDecoder
  const board = progressBoard()
  const request = { ...options, report: board.reporter(''), signal: interruptSignal() }
  try {
    await withEngine(usualEngine, async (engine) => {
      const loss = await pretrain(engine, request)
      board.close()
      console.log(
        `${options.output}: ${options.steps} steps on ${engine.description}, mean loss of the last tenth ${loss.toFixed(3)}`,
      )
    })
  } finally {
    board.close()
  }
}
