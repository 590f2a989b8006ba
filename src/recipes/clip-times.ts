// How long zero-shot classification takes on this machine with a CLIP of any size, whose weights need not be here: a few blocks of each
// tower are measured on any values, and a tower takes as much more time as it has more blocks.
import { floats, ints, sizeOf, type NamedArrays } from '../base/nd-array.ts'
import { preprocessedImages } from '../data/preprocessed.ts'
import type { Engine } from '../engine/engine.ts'
import { clipText, textEmbedding, type ClipShape, type ClipTextShape } from '../models/clip.ts'
import { clipColours } from '../models/pretrained.ts'
import { vit, vitTokenCount } from '../models/vit.ts'
import { bind, declared, type Scope } from '../nn/scope.ts'
import { openEncoder } from './encoder.ts'
import { medianSeconds } from './median-seconds.ts'
import { shortText } from './text-encoder.ts'

/** Blocks of a tower that are measured; what is beside the blocks is thereby overrated, by less than a tenth of the whole. */
const layers = 3
/** Rows of the matrices, about as many as it takes for a product to be no slower than in large batches. */
const tokens = 512

/** Seconds that the image tower takes for one image. */
export async function secondsPerImage(engine: Engine, shape: ClipShape['image']): Promise<number> {
  const part = { ...shape, layers }
  const images = Math.ceil(tokens / vitTokenCount(shape))
  const weights = anyWeights((scope) => vit(scope.at('visual'), part))
  const encoder = await openEncoder(engine, { shape: { image: part }, weights }, { kind: 'embedding', batch: images })
  const blank = new Float32Array(3 * shape.size ** 2)
  const seconds = await medianSeconds(() => encoder.encode(Array<Float32Array>(images).fill(blank)))
  await encoder.dispose()
  return ((seconds / images) * shape.layers) / layers
}

/** Seconds that the text tower takes for one prompt. */
export async function secondsPerPrompt(engine: Engine, shape: ClipTextShape): Promise<number> {
  const part = { ...shape, layers, vocabulary: 2 } // looking tokens up takes no time
  const length = Math.min(shortText, shape.context)
  const ids = [Math.ceil(tokens / length), length] as const
  const program = await engine.compile(
    ({ frozen, inputs }) => ({ outputs: { embedding: textEmbedding(clipText(bind(frozen), part), inputs['ids']!) } }),
    {
      label: 'embed texts',
      frozen: anyWeights((scope) => clipText(scope, part)),
      inputs: { ids: { dtype: 'int32', shape: ids } },
    },
  )
  const seconds = await medianSeconds(() => program.run({ ids: ints(ids) }))
  await program.dispose()
  return ((seconds / ids[0]) * shape.layers) / layers
}

/** Seconds that it takes to prepare one of the images at `paths` with `threads` threads; undefined where there are none. */
export async function secondsToPrepare(paths: readonly string[], threads: number): Promise<number | undefined> {
  const some = paths.slice(0, 64)
  if (some.length === 0) return undefined
  const pictures = preprocessedImages([...some, ...some, ...some, ...some], { size: 224, ...clipColours }, { threads, ahead: 0 })
  try {
    return (await medianSeconds(() => pictures.take(some.length))) / some.length
  } finally {
    await pictures.close()
  }
}

function anyWeights(build: (scope: Scope) => unknown): NamedArrays {
  const some = (shape: readonly number[]) => floats(shape, new Float32Array(sizeOf(shape)).fill(0.01))
  return Object.fromEntries(declared(build).map(({ name, shape }) => [name, some(shape)]))
}
