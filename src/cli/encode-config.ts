// `captune encode`: features of both splits and of the judge.
import { loadRunConfig } from '../config/load.ts'
import { cacheBytes, encodeForRun } from '../recipes/encode.ts'
import { featureFiles, requireFiles } from '../recipes/needed-files.ts'
import { readSplit, scorable } from '../recipes/split.ts'
import { checkWeights, weightsOf } from '../recipes/weights.ts'
import { withEngine } from '../recipes/with-engine.ts'
import { provideData } from '../recipes/world.ts'
import { bytes } from '../tables/format.ts'
import { printWarnings, progressBoard } from './progress-board.ts'

export async function encodeConfig(path: string, overrides: readonly string[], signal: AbortSignal): Promise<void> {
  const { config } = loadRunConfig(path, overrides)
  const board = progressBoard()
  const around = { report: board.reporter(''), signal }
  try {
    requireFiles(featureFiles(config))
    await provideData(config, around)
    printWarnings(board, await checkWeights(weightsOf(config).filter(({ role }) => role !== 'decoder')))
    const splits = { train: readSplit(config.data.root, 'train'), val: scorable(readSplit(config.data.root, 'val')) }
    const features = await withEngine(config.engine, (engine) => encodeForRun(engine, { config }, splits, around))
    board.close()
    for (const name of ['train', 'val'] as const) {
      const images = splits[name].images.length
      const { rowShape, cosine } = features[name]
      const likeness = cosine === undefined ? '' : `, int8 (cosine ${cosine.toFixed(4)} to fp32)`
      console.log(`${name}: ${images} images, [${rowShape.join(', ')}] each, ${bytes(cacheBytes(rowShape, images))}${likeness}`)
    }
  } finally {
    board.close()
  }
}
