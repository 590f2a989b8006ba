// The whole captioner against PyTorch under every method: logits, loss, and the gradient of each trained tensor; then decoding one token
// at a time against reading whole texts.
import { describe, expect, it } from 'vitest'
import { floats, ints } from '../../src/base/nd-array.ts'
import type { NamedArrays, NdArray } from '../../src/base/nd-array.ts'
import type { Engine, Given } from '../../src/engine/engine.ts'
import * as ops from '../../src/engine/ops.ts'
import type { Tensor } from '../../src/engine/ops.ts'
import { attachCrossAttention, captionLogits } from '../../src/models/captioner.ts'
import type { Captioner } from '../../src/models/captioner.ts'
import { gpt2 } from '../../src/models/gpt2.ts'
import { decodingSpecs, nextLogits, takeSeats } from '../../src/models/next-token.ts'
import { bind, shapesOnly } from '../../src/nn/scope.ts'
import type { Scope } from '../../src/nn/scope.ts'
import { applyPeft, servedMethod, servedTensors } from '../../src/peft/apply.ts'
import type { PeftOptions } from '../../src/peft/apply.ts'
import { below, distance, engineNames, expectClose, fixture, openEngine, runOnce, withGradients } from './engines.ts'

const golden = fixture('captioner.safetensors')
const shape = { layers: 2, heads: 4, width: 32, vocabulary: 24, positions: 8 }
const cross = { layers: 'all', width: 8, gate: true, encoderWidth: 12 } as const
const methods: Readonly<Record<string, PeftOptions>> = {
  none: { type: 'none' },
  lora: { type: 'lora', rank: 2, alpha: 4, rank_stabilised: false, targets: ['c_attn', 'c_proj', 'c_fc'] },
  adapter: { type: 'adapter', bottleneck: 3, placement: 'houlsby', activation: 'relu' },
  prefix: { type: 'prefix', length: 3, reparametrise: 0 },
  reparametrised: { type: 'prefix', length: 3, reparametrise: 3 },
}

const frozen = below(golden, 'frozen/')
const { features, ids, targets } = golden as Record<'features' | 'ids' | 'targets', NdArray>
const [rows, length] = ids.shape as [number, number]
const trainedOf = (name: string): NamedArrays => ({ ...below(golden, 'new/'), ...below(golden, `${name}/trained/`) })

function captioner(weights: Scope, trained: Scope, method: PeftOptions): Captioner {
  return attachCrossAttention(applyPeft(gpt2(weights, shape), trained, method), trained, cross)
}

/** Mean cross-entropy over the targets that are not -100. */
function crossEntropy(logits: Tensor, wanted: Tensor): Tensor {
  const real = ops.cast(ops.greaterEqual(wanted, ops.scalar(0, 'int32')), 'float32')
  const chosen = ops.oneHot(ops.maximum(wanted, ops.scalar(0, 'int32')), shape.vocabulary, 1, 0, 'float32')
  return ops.div(ops.neg(ops.sum(ops.mul(ops.sum(ops.mul(ops.logSoftmax(logits), chosen), -1), real))), ops.sum(real))
}

/** The first caption of each image: decoding has one caption per image. */
const images = features.shape[0]!
const each = rows / images
const firstCaptions = ints(
  [images, length],
  Int32Array.from({ length: images * length }, (_, i) => ids.data[Math.floor(i / length) * each * length + (i % length)]!),
)

describe.each(engineNames)('on %s', async (engineName) => {
  const engine = await openEngine(engineName)

  it.each(Object.keys(methods))('a captioner with %s has the loss and gradients of PyTorch', async (name) => {
    const step = withGradients(({ frozen: weights, state, inputs }) => {
      const model = captioner(bind(weights), bind(state), methods[name]!)
      const logits = captionLogits(model, inputs['features']!, inputs['ids']!)
      const last = ops.reshape(ops.slice(logits, [0, length - 1, 0], [-1, 1, -1]), [rows, shape.vocabulary])
      return { loss: crossEntropy(logits, inputs['targets']!), last_logits: last }
    })
    const found = await runOnce(engine, { frozen, trained: trainedOf(name), inputs: { features, ids, targets } }, step)
    const compared = Object.entries(below(golden, `${name}/`)).filter(([key]) => !key.startsWith('trained/'))
    expectClose(found, Object.fromEntries(compared), 2e-5)
  })

  it.each(Object.keys(methods))('decoding with %s token by token gives the logits of whole texts', async (name) => {
    const method = servedMethod(methods[name]!)
    const trained = servedTensors(methods[name]!, trainedOf(name))
    const whole = await runOnce(
      engine,
      { frozen: { ...frozen, ...trained }, inputs: { features, ids: firstCaptions } },
      (given) => {
        const scope = bind(given.frozen)
        return {
          outputs: { logits: captionLogits(captioner(scope, scope, method), given.inputs['features']!, given.inputs['ids']!) },
        }
      },
    )
    expect(distance(await tokenByToken(engine, trained, method), whole['logits']!)).toBeLessThanOrEqual(1e-5)
  })
})

/** Logits (images, T, V) by T steps. Images sit in the reverse order, texts in the second of two rows; there is room for one token more. */
async function tokenByToken(engine: Engine, trained: NamedArrays, method: PeftOptions): Promise<NdArray> {
  const size = { seats: images, beams: 2, tokens: features.shape[1]!, maxLength: length + 1 }
  const slots = size.beams * size.maxLength
  const specs = decodingSpecs(captioner(shapesOnly, shapesOnly, method), size)
  const memory = engine.hold(Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, floats(spec.shape)])))
  const weights = { ...frozen, ...trained }
  const model = (given: Given) => captioner(bind(given.frozen), bind(given.frozen), method)
  const whole = (shape: number[]) => ({ dtype: 'int32', shape }) as const
  const look = await engine.compile(
    (given) => ({
      state: takeSeats(model(given), given.inputs['features']!, given.inputs['seats']!, size, given.state),
      outputs: {},
    }),
    {
      label: 'look',
      frozen: weights,
      state: [memory],
      inputs: { features: { dtype: 'float32', shape: features.shape }, seats: whole([images]) },
    },
  )
  const many = size.seats * size.beams
  const rows = { ids: whole([many]), positions: whole([many]), slots: whole([many]), seen: whole([many, slots]) }
  const next = await engine.compile((given) => {
    const { logits, state } = nextLogits(model(given), given.inputs as unknown as Parameters<typeof nextLogits>[1], size, given.state)
    return { state, outputs: { logits } }
  }, { label: 'next', frozen: weights, state: [memory], inputs: rows }) // prettier-ignore
  const seatOf = (image: number) => images - 1 - image
  await look.run({
    features,
    seats: ints(
      [images],
      Int32Array.from({ length: images }, (_, image) => seatOf(image)),
    ),
  })
  const logits = floats([images, length, shape.vocabulary])
  for (let t = 0; t < length; t++) {
    const step = {
      ids: ints([many]),
      positions: ints([many], new Int32Array(many).fill(t)),
      slots: ints([many]),
      seen: ints([many, slots]),
    }
    for (let image = 0; image < images; image++) {
      const row = seatOf(image) * size.beams + 1
      step.ids.data[row] = firstCaptions.data[image * length + t]!
      step.slots.data.set([2 * t, 2 * t + 1], row - 1)
      for (let slot = 1; slot < 2 * t + 1; slot += 2) step.seen.data[row * slots + slot] = 1
    }
    const made = await next.run(step)
    for (let image = 0; image < images; image++) {
      const row = (seatOf(image) * size.beams + 1) * shape.vocabulary
      logits.data.set(made['logits']!.data.subarray(row, row + shape.vocabulary), (image * length + t) * shape.vocabulary)
    }
  }
  return logits
}
