import { Command } from 'commander'
import { fromRoot } from '../base/files.ts'
import { positiveNumber } from './arguments.ts'
import type { FolderOptions } from './classify-folder.ts'
import { interruptSignal } from './interrupt.ts'
import type { RunPlace } from './train-one.ts'

const usualConfig = 'configs/shapes/classify.yaml'

export function classifyCommand(): Command {
  return new Command('classify')
    .description(
      'Zero-shot classification: which class a CLIP sees in an image, asked with prompts. A run on record, or any folder.',
    )
    .argument('[config]', `a classification's YAML file; for a folder ${usualConfig} unless given`)
    .argument('[key=value...]', 'options that differ from the file')
    .option('--images <folder>', 'classify these images, without a record')
    .option('--labels <file>', 'with --images: names of the classes, id2label.json')
    .option('--clip <file>', 'weights of the CLIP')
    .option('--clip-vocabulary <file>', "that CLIP's vocabulary")
    .option('--template <text>', '{object} or {} stands for the class; several times: an ensemble', collected)
    .option('--output <file>', "with --images: the labels as the grader's CSV; printed where it is left out")
    .option('--top <n>', 'with --images: print the n most probable classes of each image', positiveNumber)
    .option('--study <name>', 'the study that the run belongs to', 'single')
    .option('--attempt <name>', "the attempt's name in the study (default: the config's name)")
    .addHelpText(
      'after',
      `
Examples:
  captune classify configs/shapes/classify.yaml
  captune classify configs/classify.yaml --template "a photo of a {object}" --template "a drawing of a {object}"
  captune classify --images p1_data/val --labels p1_data/id2label.json --output pred.csv
  captune classify --images data/shapes/p1_data/val --labels data/shapes/p1_data/id2label.json --top 5
Images named {class}_{id}.png are scored too.`,
    )
    .action(async (config: string | undefined, overrides: string[], options: ClassifyOptions) => {
      const changes = [...overrides, ...overridesFrom(options)]
      if (options.images !== undefined || options.labels !== undefined || config === undefined) {
        const { classifyFolder } = await import('./classify-folder.ts')
        return classifyFolder({ config: config ?? fromRoot(usualConfig), overrides: changes }, options, interruptSignal())
      }
      const { classifyRun } = await import('./classify-run.ts')
      await classifyRun(config, changes, options, interruptSignal())
    })
}

type ClassifyOptions = FolderOptions &
  RunPlace & { readonly clip?: string; readonly clipVocabulary?: string; readonly template?: readonly string[] }

function collected(text: string, before: readonly string[] = []): string[] {
  return [...before, text]
}

/** The options as they are written in a config. */
function overridesFrom({ clip, clipVocabulary, template }: ClassifyOptions): string[] {
  return [
    ...(clip === undefined ? [] : [`clip.weights=${JSON.stringify(clip)}`]),
    ...(clipVocabulary === undefined ? [] : [`clip.vocabulary=${JSON.stringify(clipVocabulary)}`]),
    ...(template === undefined ? [] : [`prompts.templates=${JSON.stringify(template)}`]),
  ]
}
