// The figures as files below the report's folder: photographs as JPEG, charts and maps as SVG. Their names hold no stem, which may be anything.
import { decodeRgb } from '../../images/decode.ts'
import { encodeJpeg } from '../../images/encode.ts'
import { resizeBicubic } from '../../images/resize.ts'
import type { RgbImage } from '../../images/rgb-image.ts'
import { usualChoice } from '../../checkpoint/attention-maps.ts'
import type { Contents, Picture, TestImage } from '../parts.ts'
import { trainedLimit } from '../course.ts'
import { attentionStrips } from '../figures/attention-grid.ts'
import { classBars } from '../figures/class-bars.ts'
import { costScatter } from '../figures/cost-scatter.ts'
import { learningCurves } from '../figures/learning-curves.ts'

/** Paths below the report's folder, in the order of the contents; undefined where there is nothing to draw. */
export interface FigureFiles {
  readonly files: ReadonlyMap<string, string | Uint8Array>
  readonly topFive: readonly { readonly image: string; readonly bars: string }[]
  readonly testImages: readonly LookedAt[]
  readonly pairs: readonly LookedAt[]
  readonly loss: string | undefined
  readonly scores: string | undefined
  readonly costs: string | undefined
}

export interface LookedAt {
  readonly image: string
  /** The strips of its grid of maps; none where nobody looked. */
  readonly attention: readonly string[]
}

/** Draws everything that the contents have. */
export async function drawFigures(contents: Contents): Promise<FigureFiles> {
  const files = new Map<string, string | Uint8Array>()
  const add = (path: string, drawn: string | Uint8Array) => {
    files.set(path, drawn)
    return path
  }
  const topFive = []
  for (const [i, picture] of contents.topFive.entries())
    topFive.push({
      image: add(`figures/top-five-${i + 1}.jpg`, await photograph(picture)),
      bars: add(`figures/top-five-${i + 1}.svg`, classBars(picture.bars)),
    })
  const lookedAt = async (name: string, picture: TestImage): Promise<LookedAt> => ({
    image: add(`figures/${name}.jpg`, await photograph(picture)),
    attention: (await strips(picture)).map((strip, i) => add(`figures/${name}-attention-${i + 1}.svg`, strip)),
  })
  const testImages: LookedAt[] = []
  for (const [i, image] of contents.testImages.entries()) testImages.push(await lookedAt(`test-${i + 1}`, image))
  const pairs: LookedAt[] = []
  for (const pair of contents.pairs) pairs.push(await lookedAt(pair.rank, pair))
  return { files, topFive, testImages, pairs, ...charts(contents, add) }
}

async function strips({ path, looked }: TestImage): Promise<string[]> {
  return looked === undefined ? [] : attentionStrips(looked, await decodeRgb(path), usualChoice)
}

function charts(
  { loss, scores, costs, lastStep }: Contents,
  add: (path: string, drawn: string) => string,
): Pick<FigureFiles, 'loss' | 'scores' | 'costs'> {
  const curves = { lastStep, marked: false }
  return {
    loss:
      loss.length === 0
        ? undefined
        : add('figures/loss.svg', learningCurves({ ...curves, curves: loss, quantity: 'training loss' })),
    scores:
      scores.length === 0
        ? undefined
        : add(
            'figures/cider.svg',
            learningCurves({ ...curves, curves: scores, quantity: 'CIDEr, validation subset', marked: true }),
          ),
    costs: costs.length < 2 ? undefined : add('figures/cost.svg', costScatter({ costs, score: 'CIDEr', limit: trainedLimit })),
  }
}

const [smallest, largest] = [400, 900] // pixels of a photograph's longer side in print

/** The photograph as JPEG, small ones enlarged smoothly, as viewers of PDF would not. */
async function photograph({ path }: Picture): Promise<Uint8Array> {
  const image = await decodeRgb(path)
  const side = Math.max(image.width, image.height)
  return encodeJpeg(scaled(image, side < smallest ? smallest / side : side > largest ? largest / side : 1), 90)
}

function scaled(image: RgbImage, factor: number): RgbImage {
  if (factor === 1) return image
  return resizeBicubic(image, Math.max(1, Math.round(image.width * factor)), Math.max(1, Math.round(image.height * factor)))
}
