// A training computes packed captions alone: the loss and every gradient must be those of the padded batch, which is held to PyTorch's.
import { describe, expect, it } from 'vitest'
import { fromRoot } from '../../../src/base/files.ts'
import { floats, sizeOf, type NamedArrays } from '../../../src/base/nd-array.ts'
import { random } from '../../../src/base/random.ts'
import { loadRunConfig } from '../../../src/config/load.ts'
import type { Engine, Step } from '../../../src/engine/engine.ts'
import { onnxEngine } from '../../../src/engine/onnx-engine.ts'
import * as ops from '../../../src/engine/ops.ts'
import { wasmEngine } from '../../../src/engine/wasm-engine.ts'
import { captionLogits, packedLogits } from '../../../src/models/captioner.ts'
import { bind } from '../../../src/nn/scope.ts'
import { assemble } from '../../../src/recipes/captioner.ts'
import { openTask } from '../../../src/recipes/task.ts'
import { captionBatch, captionLoss } from '../../../src/training/loss.ts'
import { packCaptions, rowsFor } from '../../../src/training/pack.ts'

const captions = [[5, 9, 11], [7], [], [3, 4, 5, 6, 7, 8], [12, 13], [1, 2, 3]] // of three images
const length = 7
const ends = { start: 20, end: 21 }
const most = captions.reduce((sum, words) => sum + words.length + 1, 0)
const packed = packCaptions(captions, ends, { captions: 6, length, rows: rowsFor(most, { captions: 6, length }) })
const padded = captionBatch(captions, { ...ends, pad: ends.end, length })

const drawn = (name: string, shape: readonly number[]) => {
  const { normal } = random(1, 'packed', name)
  return floats(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => 0.3 * normal()),
  )
}

async function gradientsOf(engine: Engine, method: string): Promise<{ packed: NamedArrays; padded: NamedArrays }> {
  const { plan, parameters, decoder } = openTask(loadRunConfig(fromRoot(`configs/shapes/${method}.yaml`)).config)
  const state = engine.hold(Object.fromEntries(parameters.map(({ name, shape }) => [name, drawn(name, shape)])))
  const features = drawn('features', [3, 5, plan.cross_attention.encoderWidth])
  const compute = async (
    logitsOf: (captioner: ReturnType<typeof assemble>, inputs: Parameters<Step>[0]['inputs']) => ops.Tensor,
    batch: NamedArrays,
  ) => {
    const step: Step = ({ frozen, state, inputs }) => {
      const captioner = () => assemble(bind(frozen), bind(state), plan)
      const loss = () => captionLoss(logitsOf(captioner(), inputs), inputs.targets!)
      const { value, gradients } = ops.valueAndGradients(loss, state)
      return { outputs: { ...gradients, loss: value } }
    }
    const inputs = { features, ...batch }
    const program = await engine.compile(step, { label: 'gradients', frozen: decoder.weights, state: [state], inputs })
    const made = await program.run(inputs)
    await program.dispose()
    return made
  }
  return {
    padded: await compute((captioner, { features, ids }) => captionLogits(captioner, features!, ids!), {
      ids: padded.inputs,
      targets: padded.targets,
    }),
    packed: await compute(
      (captioner, { features, ids, positions, seats, places }) =>
        packedLogits(captioner, features!, { ids: ids!, positions: positions!, seats: seats!, places: places! }),
      { ...packed },
    ),
  }
}

describe.each(['onnx', 'wasm'] as const)('packed captions on %s', (name) => {
  it.each(['none', 'lora', 'adapter', 'prefix'])('have the loss and the gradients of padded ones: %s', async (method) => {
    const engine = name === 'onnx' ? onnxEngine({ device: 'cpu', threads: 1 }) : await wasmEngine()
    const { packed, padded } = await gradientsOf(engine, method)
    await engine.dispose()
    expect(Object.keys(packed)).toEqual(Object.keys(padded))
    for (const [parameter, wanted] of Object.entries(padded)) {
      const found = packed[parameter]!.data
      const largest = Math.max(...Array.from(wanted.data, Math.abs), 1e-6)
      const off = Math.max(...Array.from(wanted.data, (value, i) => Math.abs(value - found[i]!)))
      expect(off / largest, parameter).toBeLessThan(2e-4)
    }
  })
})

describe('packing', () => {
  it('has a row for each real position and a spare one where any is padded', () => {
    expect(most).toBe(21)
    expect(packed.ids.shape).toEqual([24])
    expect([...packed.ids.data.slice(0, 7)]).toEqual([20, 5, 9, 11, 20, 7, 20])
    expect([...packed.targets.data.slice(0, 7)]).toEqual([5, 9, 11, 21, 7, 21, 21])
    expect([...packed.positions.data.slice(0, 7)]).toEqual([0, 1, 2, 3, 0, 1, 0])
    expect([...packed.targets.data.slice(21)]).toEqual([-100, -100, -100])
    expect([...packed.seats.data.slice(0, 14)]).toEqual([0, 1, 2, 3, 23, 23, 23, 4, 5, 23, 23, 23, 23, 23])
    expect([...packed.places.data.slice(21)]).toEqual([6, 6, 6])
  })

  it('needs no spare row where nothing is padded', () => {
    const sizes = { captions: 2, length: 3, rows: rowsFor(6, { captions: 2, length: 3 }) }
    const { ids, seats, places } = packCaptions([[1, 2], [3, 4]], ends, sizes) // prettier-ignore
    expect([...ids.data]).toEqual([20, 1, 2, 20, 3, 4])
    expect([...seats.data]).toEqual([0, 1, 2, 3, 4, 5])
    expect([...places.data]).toEqual([0, 1, 2, 3, 4, 5])
  })

  it.each([
    [{ captions: 2, length: 3, rows: 8 }, /3 captions for 2 of at most 3 positions/],
    [{ captions: 3, length: 2, rows: 6 }, /3 captions for 3 of at most 2 positions/],
    [{ captions: 3, length: 3, rows: 6 }, /6 positions and a spare one for 6 rows/],
  ])('refuses what does not fit: %o', (sizes, message) => {
    expect(() => packCaptions([[1], [2, 3], []], ends, sizes)).toThrow(message)
  })
})
