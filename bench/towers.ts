// Photographs to features through a tower of full size: decoding, resizing and encoding at once, beside PyTorch with a DataLoader.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { preprocessedImages } from '../src/data/preprocessed.ts'
import type { Engine } from '../src/engine/engine.ts'
import { clipColours } from '../src/models/pretrained.ts'
import { openEncoder } from '../src/recipes/encoder.ts'
import { meanCosine } from '../src/recipes/likeness.ts'
import { contest } from './contest.ts'
import { captune, pytorch } from './entrants.ts'
import { roomFor } from './machine.ts'
import type { Surroundings } from './part.ts'
import { rowsOf, type Row, type Skipped } from './rows.ts'
import { encoderOf, fullSizes, type Sizes } from './sizes.ts'
import type { Prepared } from './turns.ts'

interface TowerSizes {
  readonly image: Sizes['image']
  /** Photographs encoded together. */
  readonly batch: number
  /** In one repetition. */
  readonly photographs: number
  readonly folder: string
}

const b32 = fullSizes.image
const towers = [
  { name: 'ViT-B/32', image: b32, photographs: 160 },
  { name: 'ViT-B/16', image: { ...b32, patch: 16 }, photographs: 64 },
  { name: 'ViT-L/14', image: { ...b32, width: 1024, layers: 24, heads: 16, patch: 14 }, photographs: 32 },
]
const batch = 32

/** For each tower two comparisons, of fp32 and of int8, with the same peers. */
export async function measureTowers(folder: string, { torch, report }: Surroundings): Promise<(Row | Skipped)[]> {
  const rows: (Row | Skipped)[] = []
  for (const { name, image, photographs } of towers) {
    const what = `photographs to features, ${name}`
    const noRoom = roomFor(12)
    if (noRoom !== undefined) {
      rows.push({ part: 'features', what, skipped: noRoom })
      continue
    }
    report(`features: ${what}`)
    const options: TowerSizes = { image, batch, photographs, folder }
    const { width, layers, heads, size, patch } = image
    const flags = { width, layers, heads, size, patch, images: batch, photographs, folder }
    const peers = 'missing' in torch ? [] : pytorch(torch, 'encode', flags, ', DataLoader')
    const entrants = [captune('features', options), captune('features', options, 'onnx', 'int8'), ...peers]
    const [fp32, int8, ...others] = await contest(entrants, { rounds: 3, repetitions: 1 })
    const compared = (named: string, ours: typeof fp32) =>
      rowsOf('features', named, { value: photographs, unit: 'images' }, [ours!, ...others])
    rows.push(...compared(what, fp32), ...compared(`${what}, int8`, int8))
  }
  return rows
}

/**
 * As `captune encode` does it: the next photographs are decoded while the tower computes, by threads that stay, as the peers' processes do;
 * none is decoded in the others' turns. In int8 it tells how near it is to fp32.
 */
export async function featuresWork(engine: Engine, { image, folder, batch, photographs }: TowerSizes): Promise<Prepared> {
  const model = encoderOf({ image })
  const files = readdirSync(folder).sort()
  const paths = Array.from({ length: photographs }, (_, i) => join(folder, files[i % files.length]!))
  const repetitions = Array.from({ length: 100 }, () => paths).flat()
  const pictures = preprocessedImages(repetitions, { size: image.size, ...clipColours }, { threads: engine.threads, ahead: 0 })
  const encoder = await openEncoder(engine, model, { kind: 'all', batch, approximate: true })
  const exact = await openEncoder(engine, model, { kind: 'all', batch })
  const some = (await pictures.take(photographs)).slice(0, batch)
  const cosine = meanCosine(await encoder.encode(some), await exact.encode(some), image.width)
  await exact.dispose()

  async function work(): Promise<void> {
    let coming = pictures.take(batch)
    for (let begun = batch; begun < photographs; begun += batch) {
      const images = await coming
      coming = pictures.take(batch)
      await encoder.encode(images)
    }
    await encoder.encode(await coming)
  }
  return { work, facts: { cosine_to_fp32: cosine }, close: pictures.close }
}
