// Full-size models on the onnx engine, read from the files that PyTorch wrote, beside what PyTorch computed with them.
import { floats, type NamedArrays } from '../../../src/base/nd-array.ts'
import type { Engine, Step } from '../../../src/engine/engine.ts'
import { textEmbedding, clipText } from '../../../src/models/clip.ts'
import { captionLogits } from '../../../src/models/captioner.ts'
import { gpt2 as decoder, textStates, tokenLogits } from '../../../src/models/gpt2.ts'
import { readPretrainedClip, readPretrainedDecoder, readPretrainedEncoder } from '../../../src/models/pretrained.ts'
import { vit, vitEmbedding, vitTokens } from '../../../src/models/vit.ts'
import { bind } from '../../../src/nn/scope.ts'
import * as ops from '../../../src/engine/ops.ts'
import { assemble } from '../../../src/recipes/captioner.ts'
import { adamWInputs } from '../../../src/training/adamw.ts'
import { captionLoss } from '../../../src/training/loss.ts'
import { optimizerInputs, trainStep, withMoments } from '../../../src/training/step.ts'
import { below, distance, lengthDistance, worst, type Compared } from './compared.ts'
import type { Reference } from './references.ts'

const limit = 1e-3

/** Tokens and embeddings of images, embeddings of texts. */
export async function compareClip(engine: Engine, name: string, { by, file, expected }: Reference): Promise<Compared[]> {
  const model = readPretrainedClip(file(`${name}.pt`))
  const { images, ids } = expected as NamedArrays & Record<'images' | 'ids', NamedArrays[string]>
  const found = await runOnce(engine, model.weights, { images, ids }, ({ frozen, inputs }) => {
    const tower = vit(bind(frozen, 'visual.'), model.shape.image)
    const tokens = vitTokens(tower, inputs['images']!)
    const text = textEmbedding(clipText(bind(frozen), model.shape.text), inputs['ids']!)
    return { outputs: { tokens, image: vitEmbedding(tower, tokens), text } }
  })
  return Object.entries({ tokens: 'image tokens', image: 'image embeddings', text: 'text embeddings' }).map(([key, what]) => ({
    what: `${name}: ${what}`,
    reference: by,
    difference: distance(found[key], expected[key]!),
    limit,
  }))
}

/** timm's `forward_features`: every token after the last norm. */
export async function compareTimm(engine: Engine, { by, file, expected }: Reference): Promise<Compared[]> {
  const model = readPretrainedEncoder(file('vit_base_patch16_224.augreg2_in21k_ft_in1k.bin'))
  const found = await runOnce(engine, model.weights, { images: expected['images']! }, ({ frozen, inputs }) => ({
    outputs: { tokens: vitTokens(vit(bind(frozen, 'visual.'), model.shape.image), inputs['images']!) },
  }))
  return [
    {
      what: 'timm vit_base_patch16_224: tokens',
      reference: by,
      difference: distance(found['tokens'], expected['tokens']!),
      limit,
    },
  ]
}

/** Scores of the next token at each position. */
export async function compareGpt2(engine: Engine, { by, file, expected }: Reference): Promise<Compared[]> {
  const model = readPretrainedDecoder(file('pytorch_model.bin'))
  const ids = expected['ids']!
  const found = await runOnce(engine, model.weights, { ids }, ({ frozen, inputs }) => {
    const gpt2 = decoder(bind(frozen), model.shape)
    const logits = tokenLogits(gpt2, textStates(gpt2, inputs['ids']!))
    return { outputs: { logits: ops.reshape(logits, expected['logits']!.shape.slice()) } }
  })
  return [{ what: 'gpt2: logits', reference: by, difference: distance(found['logits'], expected['logits']!), limit }]
}

/** The settings of make-references.py. */
const training = { rank: 16, rate: 1e-3, decay: 0.01, clip: 1 }

/** Loss and every gradient of GPT-2 small with cross-attention and LoRA, then ten steps of clipping and AdamW. */
export async function compareCaptioner(engine: Engine, weights: Reference, { by, expected }: Reference): Promise<Compared[]> {
  const model = readPretrainedDecoder(weights.file('pytorch_model.bin'))
  const plan = {
    decoder: model.shape,
    cross_attention: { layers: 'all', width: 768, gate: false, encoderWidth: 768 },
    peft: { type: 'lora', rank: training.rank, alpha: 2 * training.rank, targets: ['c_attn'], rank_stabilised: false },
  } as const
  const { features, ids, targets } = expected as NamedArrays & Record<'features' | 'ids' | 'targets', NamedArrays[string]>
  const batch = { features, ids, targets }
  const start = below(expected, 'trained/')
  const lossOf: Parameters<typeof trainStep>[0]['loss'] = ({ frozen, state, inputs }) => {
    const logits = captionLogits(assemble(bind(frozen), bind(state), plan), inputs['features']!, inputs['ids']!)
    return captionLoss(logits, inputs['targets']!)
  }

  const once = engine.hold(start)
  const backward = await engine.compile(
    (given) => {
      const { value, gradients } = ops.valueAndGradients(() => lossOf(given), given.state)
      return { outputs: { ...gradients, loss: value } }
    },
    { label: 'gradients', frozen: model.weights, state: [once], inputs: specsOf(batch) },
  )
  const gradients = await backward.run(batch)
  const gradientsApart = worst(gradients, below(expected, 'grad/'))
  await backward.dispose()
  once.dispose()

  const state = engine.hold(withMoments(start))
  const step = await engine.compile(
    trainStep({ loss: lossOf, trained: Object.keys(start), decay: training.decay, clip: training.clip }),
    { label: 'step', frozen: model.weights, state: [state], inputs: { ...specsOf(batch), ...optimizerInputs } },
  )
  const wanted = expected['losses']!
  const losses = []
  for (let n = 1; n <= wanted.shape[0]!; n++)
    losses.push((await step.run({ ...batch, ...adamWInputs(n, training.rate) }))['loss']!.data[0]!)
  const after = await state.read()
  await step.dispose()
  state.dispose()

  const lossesApart = losses.map((loss, i) => Math.abs(loss - wanted.data[i]!) / Math.abs(wanted.data[i]!))
  const apart = worst(withoutKeyBiases(after), withoutKeyBiases(below(expected, 'after/')), lengthDistance)
  return [
    { what: 'captioner: loss', difference: lossesApart[0]! },
    { what: `captioner: ${Object.keys(start).length} gradients`, difference: gradientsApart },
    { what: `captioner: losses of ${losses.length} AdamW steps`, difference: Math.max(...lossesApart) },
    { what: 'captioner: tensors after them (by length)', difference: apart },
  ].map((row) => ({ ...row, reference: by, limit }))
}

/**
 * The bias of the keys adds the same to every score of a query, which softmax takes out again: its gradient is zero but for rounding,
 * and Adam makes full steps of that rounding. It is the first half of `c_attn`'s bias.
 */
function withoutKeyBiases(arrays: NamedArrays): NamedArrays {
  const kept = Object.entries(arrays).map(([name, array]) => {
    if (!name.endsWith('crossattention.c_attn.bias')) return [name, array] as const
    const half = array.data.length / 2
    return [name, floats([half], Float32Array.from(array.data.subarray(half)))] as const
  })
  return Object.fromEntries(kept)
}

async function runOnce(engine: Engine, frozen: NamedArrays, inputs: NamedArrays, step: Step): Promise<NamedArrays> {
  const program = await engine.compile(step, { label: 'parity', frozen, inputs: specsOf(inputs) })
  const outputs = await program.run(inputs)
  await program.dispose()
  return outputs
}

function specsOf(arrays: NamedArrays) {
  return Object.fromEntries(Object.entries(arrays).map(([name, { dtype, shape }]) => [name, { dtype, shape }]))
}
