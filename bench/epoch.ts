// An epoch of the course's data, told from a few steps: Captune on cached features beside the loop that people write first, which encodes
// each image in every step, has one caption in a row, and pads all of them to 64 positions.
import { random } from '../src/base/random.ts'
import type { Engine } from '../src/engine/engine.ts'
import { vitTokenCount } from '../src/models/vit.ts'
import { captionStep } from '../src/recipes/train.ts'
import { captionInputs } from '../src/recipes/training-batches.ts'
import { course } from '../src/sources/course.ts'
import { adamWInputs } from '../src/training/adamw.ts'
import { packCaptions, realPositions, sizesFor } from '../src/training/pack.ts'
import { optimizerInputs, withMoments } from '../src/training/step.ts'
import { contest } from './contest.ts'
import { captune, pytorch } from './entrants.ts'
import { generated, generatedArray } from './generated.ts'
import { roomFor } from './machine.ts'
import type { Part } from './part.ts'
import { rowsOf, type Row, type Skipped } from './rows.ts'
import { fullSizes, taskOf, type Sizes } from './sizes.ts'
import { captionerFlags } from './training.ts'
import type { Prepared } from './turns.ts'

const perImage = 5
const captionsOfAll = course.train * perImage
/** As configs/b32 has them. */
const ours: Sizes = { ...fullSizes, images: 16, captions: perImage, tokens: 40 }
/** The peer's batch: it holds a row of logits for every position. */
const peersCaptions = 16

export const epoch: Part = {
  name: 'epoch',
  about: `an epoch of ${course.train} images with ${perImage} captions each, told from a few steps; ViT-B/32 and GPT-2 small with LoRA`,
  async measure({ quick, torch, report }) {
    if (quick) return [{ part: epoch.name, what: 'all', skipped: 'it is of full size, and takes minutes' }]
    const noRoom = roomFor(17)
    if (noRoom !== undefined) return [{ part: epoch.name, what: 'all', skipped: noRoom }]
    report('an epoch')
    const flags = { ...captionerFlags(ours), captions: peersCaptions, padded: 64 }
    const peers = 'missing' in torch ? [] : pytorch(torch, 'epoch', flags, ', encoding, padded to 64')
    const entrants = [captune('epoch', ours), captune('epoch', ours, 'onnx', 'int8'), ...peers]
    const [fp32, int8, ...others] = await contest(entrants, { rounds: 4, repetitions: 1 })
    const whole = others.map((other) => ('failure' in other ? other : scaled(other, captionsOfAll / peersCaptions)))
    const rows = (what: string, own: typeof fp32) =>
      rowsOf(epoch.name, what, { value: captionsOfAll, unit: 'captions' }, [
        'failure' in own! ? own : scaled(own!, captionsOfAll / (ours.images * ours.captions)),
        ...whole,
      ])
    return [...rows('fp32', fp32), ...rows('int8', int8)] satisfies (Row | Skipped)[]
  },
}

function scaled<Of extends { seconds: readonly number[]; processor: readonly number[] }>(outcome: Of, steps: number): Of {
  const times = (values: readonly number[]) => values.map((value) => value * steps)
  return { ...outcome, seconds: times(outcome.seconds), processor: times(outcome.processor) }
}

/** The recipe's own step on captions as long as people's, each time another batch. */
export async function epochWork(engine: Engine, sizes: Sizes): Promise<Prepared> {
  const { parameters, config, decoder, ...task } = taskOf(sizes)
  const batches = Array.from({ length: 8 }, (_, i) => captionsLikePeoples(sizes, i))
  const lengths = batches.map((batch) => batch.map((words) => realPositions(words.length)))
  const packed = sizesFor(lengths, sizes.images)
  const inputs = captionInputs([vitTokenCount(sizes.image), sizes.image.width], packed)
  const trained = parameters.map(({ name }) => name)
  const program = await engine.compile(captionStep({ ...task, parameters, config, decoder }, trained), {
    label: 'train step',
    frozen: decoder.weights,
    state: [engine.hold(withMoments(generated(parameters)))],
    inputs: { ...inputs, ...optimizerInputs },
    approximate: true,
  })
  const features = generatedArray(inputs.features.shape)
  let steps = 0
  const work = () => {
    const captions = packCaptions(batches[steps % batches.length]!, { start: 0, end: 0 }, packed)
    return program.run({ features, ...captions, ...adamWInputs(++steps, config.train.lr) })
  }
  return { work, facts: packed }
}

/** Words of COCO's captions in GPT-2's tokens: 12 on average, with a deviation of 2.6; one of 400 has more than 30. */
function captionsLikePeoples({ images, captions, decoder }: Sizes, batch: number): number[][] {
  const { normal, uniform, below } = random(1, 'epoch', batch)
  return Array.from({ length: images * captions }, () => {
    const words = uniform() < 1 / 400 ? 38 : Math.max(7, Math.min(30, Math.round(12 + 2.6 * normal())))
    return Array.from({ length: words }, () => below(decoder.vocabulary))
  })
}
