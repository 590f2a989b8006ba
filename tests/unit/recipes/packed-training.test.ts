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
import type { PackedTexts } from '../../../src/nn/packing.ts'
import { bind } from '../../../src/nn/scope.ts'
import { assemble } from '../../../src/recipes/captioner.ts'
import { openTask } from '../../../src/recipes/task.ts'
import { captionBatch, captionLoss } from '../../../src/training/loss.ts'
import { packCaptions, realPositions, sizesFor } from '../../../src/training/pack.ts'

const captions = [[5, 9, 11], [7], [], [3, 4, 5, 6, 7, 8], [12, 13], [1, 2, 3]] // of three images
const ends = { start: 20, end: 21 }
const sizes = sizesFor([lengthsOf(captions)], 3)
const packed = packCaptions(captions, ends, sizes)
const padded = captionBatch(captions, { ...ends, pad: ends.end, length: 7 })

function lengthsOf(captions: readonly (readonly number[])[]): number[] {
  return captions.map((words) => realPositions(words.length))
}

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
      (captioner, { features, ...texts }) => packedLogits(captioner, features!, texts as unknown as PackedTexts),
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
  const [real, spare] = [21, 23]

  it('has a row for each real position and a spare one where any is padded', () => {
    expect(sizes).toEqual({ rows: 24, lines: 4, length: 7, images: 3, perImage: 8 })
    expect([...packed.ids.data.slice(0, 7)]).toEqual([20, 5, 9, 11, 20, 7, 20])
    expect([...packed.targets.data.slice(0, 7)]).toEqual([5, 9, 11, 21, 7, 21, 21])
    expect([...packed.positions.data.slice(0, 7)]).toEqual([0, 1, 2, 3, 0, 1, 0])
    expect([...packed.targets.data.slice(real)]).toEqual([-100, -100, -100])
  })

  it('lets captions stand one after another in lines, the longest first', () => {
    const lines = [
      [7, 8, 9, 10, 11, 12, 13], // the fourth caption
      [0, 1, 2, 3, 14, 15, 16], // the first and the fifth
      [17, 18, 19, 20, 4, 5, 6], // the sixth, the second and the third
      [spare, spare, spare, spare, spare, spare, spare],
    ]
    expect([...packed.lineSeats.data]).toEqual(lines.flat())
    expect([...packed.lineStarts.data]).toEqual([
      0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 4, 4, 0, 0, 0, 0, 4, 4, 6, 0, 1, 2, 3, 4, 5, 6,
    ])
    expect([...packed.linePlaces.data.slice(0, 7)]).toEqual([7, 8, 9, 10, 18, 19, 20])
    expect([...packed.linePlaces.data.slice(real)]).toEqual([21, 21, 21])
  })

  it('lets captions stand side by side with those of their image', () => {
    const images = [
      [0, 1, 2, 3, 4, 5, spare, spare],
      [6, 7, 8, 9, 10, 11, 12, 13],
      [14, 15, 16, 17, 18, 19, 20, spare],
    ]
    expect([...packed.imageSeats.data]).toEqual(images.flat())
    expect([...packed.imagePlaces.data.slice(6, 8)]).toEqual([8, 9])
    expect([...packed.imagePlaces.data.slice(real)]).toEqual([6, 6, 6])
  })

  it('needs no spare row where nothing is padded', () => {
    const even = [[1, 2], [3, 4]] // prettier-ignore
    const sizes = sizesFor([lengthsOf(even)], 2)
    const { ids, lineSeats, linePlaces, imageSeats, imagePlaces } = packCaptions(even, ends, sizes)
    expect(sizes).toEqual({ rows: 6, lines: 2, length: 3, images: 2, perImage: 3 })
    expect([...ids.data]).toEqual([20, 1, 2, 20, 3, 4])
    for (const same of [lineSeats, linePlaces, imageSeats, imagePlaces]) expect([...same.data]).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('has room for every batch of a training, whatever its captions', () => {
    for (let seed = 0; seed < 200; seed++) {
      const { below } = random(seed, 'packed')
      const [images, each, longest] = [1 + below(4), 1 + below(5), 1 + below(12)]
      const batches = Array.from({ length: 1 + below(4) }, () => Array.from({ length: images * each }, () => below(longest)))
      const sizes = sizesFor(batches.map((words) => words.map(realPositions)), images) // prettier-ignore
      for (const words of batches) {
        const packed = packCaptions(words.map((count) => Array<number>(count).fill(1)), ends, sizes) // prettier-ignore
        const found = words.reduce((sum, count) => sum + realPositions(count), 0)
        for (const [seats, places] of [
          [packed.lineSeats.data, packed.linePlaces.data],
          [packed.imageSeats.data, packed.imagePlaces.data],
        ] as const) {
          for (let row = 0; row < found; row++) expect(seats[places[row]!]).toBe(row)
          for (let row = found; row < sizes.rows; row++) expect(seats[places[row]!]).toBe(sizes.rows - 1)
        }
      }
    }
  })

  it.each([
    { ...sizes, lines: 2 },
    { ...sizes, length: 6 },
    { ...sizes, perImage: 7 },
    { ...sizes, rows: 21 },
    { ...sizes, lines: 3 },
  ])('refuses what does not fit: %o', (sizes) => {
    expect(() => packCaptions(captions, ends, sizes)).toThrow(/captions of 4, 2, 1, 7, 3, 4 positions do not fit into/)
  })
})
