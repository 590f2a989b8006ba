// The train step of `captune train`: loss, gradients, clipping and AdamW, with the captions of an image sharing it and without.
import { random } from '../src/base/random.ts'
import type { Engine } from '../src/engine/engine.ts'
import { vitTokenCount } from '../src/models/vit.ts'
import { countTrained } from '../src/peft/trainable.ts'
import { captionStep } from '../src/recipes/train.ts'
import { captionInputs } from '../src/recipes/training-batches.ts'
import { adamWInputs } from '../src/training/adamw.ts'
import { packCaptions, sizesFor } from '../src/training/pack.ts'
import { optimizerInputs, withMoments } from '../src/training/step.ts'
import { contest, type Failure, type Outcome, type Rounds } from './contest.ts'
import { captune, pytorch, type Flags } from './entrants.ts'
import { generated, generatedArray } from './generated.ts'
import { roomFor } from './machine.ts'
import type { Part, Surroundings } from './part.ts'
import { rowsOf, type Amount, type Row, type Skipped } from './rows.ts'
import { batchText, demoSizes, fullSizes, repeated, taskOf, type Sizes } from './sizes.ts'
import type { Prepared } from './turns.ts'

export const training: Part = {
  name: 'train',
  about: 'one train step: the demo, and GPT-2 small at full size',
  async measure(around) {
    const demo = await measureDemo({ rounds: around.quick ? 4 : 10, repetitions: 3 }, around)
    if (around.quick) return demo
    const noRoom = roomFor(16)
    if (noRoom !== undefined) return [...demo, { part: training.name, what: fullSizes.name, skipped: noRoom }]
    return [...demo, ...(await measureFullSize({ rounds: 5, repetitions: 1 }, around))]
  },
}

async function measureDemo(rounds: Rounds, { torch, report }: Surroundings): Promise<(Row | Skipped)[]> {
  const sizes = demoSizes()
  const what = `${sizes.name}, ${batchText(sizes)}`
  report(`train step: ${what}`)
  const peers = 'missing' in torch ? [] : pytorch(torch, 'train_step', stepFlags(sizes))
  return rowsOf(training.name, what, amountOf(sizes), await contest([captune('train', sizes), ...peers], rounds))
}

/** In both precisions, beside a PyTorch that shares the keys and values of an image and one that repeats the image for each caption. */
async function measureFullSize(rounds: Rounds, { torch, report }: Surroundings): Promise<(Row | Skipped)[]> {
  const sizes = fullSizes
  const what = `${sizes.name}, ${batchText(sizes)}`
  report(`train step: ${what}`)
  const peersOf = (flags: Flags, how: string) => ('missing' in torch ? [] : pytorch(torch, 'train_step', flags, how))
  const peers = [...peersOf(stepFlags(sizes), ', shared image'), ...peersOf(stepFlags(repeated(sizes)), ', repeated image')]
  const entrants = [captune('train', sizes), captune('train', sizes, 'onnx', 'int8'), ...peers]
  const [fp32, int8, ...others] = await contest(entrants, rounds)
  const rows = (named: string, ours: Outcome | Failure) => rowsOf(training.name, named, amountOf(sizes), [ours, ...others])
  return [...rows(what, fp32!), ...rows(`${what}, int8`, int8!)]
}

function amountOf({ images, captions }: Sizes): Amount {
  return { value: images * captions, unit: 'captions' }
}

function stepFlags({ images, captions, tokens, ...sizes }: Sizes): Flags {
  return { ...captionerFlags(sizes), images, captions, tokens }
}

/** The captioner's sizes as peers/captioner.py takes them. */
export function captionerFlags({ decoder, image, rank }: Pick<Sizes, 'decoder' | 'image' | 'rank'>): Flags {
  const { layers, width, heads, vocabulary } = decoder
  return { layers, width, heads, vocabulary, rank, 'image-tokens': vitTokenCount(image), 'image-width': image.width }
}

/** The recipe's own step on random weights, features and captions; every token counts. */
export async function trainWork(engine: Engine, sizes: Sizes): Promise<Prepared> {
  const task = taskOf(sizes)
  const { parameters, config } = task
  const count = sizes.images * sizes.captions
  const packed = sizesFor([Array.from({ length: count }, () => sizes.tokens)], sizes.images)
  const inputs = captionInputs([vitTokenCount(sizes.image), sizes.image.width], packed)
  const state = engine.hold(withMoments(generated(parameters)))
  const step = captionStep(
    task,
    parameters.map(({ name }) => name),
  )
  const program = await engine.compile(step, {
    label: 'train step',
    frozen: task.decoder.weights,
    state: [state],
    inputs: { ...inputs, ...optimizerInputs },
    approximate: true,
  })
  const batch = {
    features: generatedArray(inputs.features.shape),
    ...packCaptions(randomCaptions(sizes), { start: 0, end: 0 }, packed),
  }
  let steps = 0
  const work = () => program.run({ ...batch, ...adamWInputs(++steps, config.train.lr) })
  return { work, facts: { trained: countTrained(parameters) } }
}

/** Captions without start and end that fill all positions. */
function randomCaptions({ images, captions, tokens, decoder }: Sizes): number[][] {
  const { below } = random(1, 'bench', 'captions')
  return Array.from({ length: images * captions }, () => Array.from({ length: tokens - 1 }, () => below(decoder.vocabulary)))
}
