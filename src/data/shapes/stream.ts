// Training scenes without end, for pretraining: no picture is stored and no validation scene is ever among them.
import { random } from '../../base/random.ts'
import { clipCaption } from './captions.ts'
import { drawScene } from './draw.ts'
import { scene } from './scene.ts'
import type { Scene } from './scene.ts'

export interface CaptionedPicture {
  readonly scene: Scene
  /** 64 x 64 RGB bytes. */
  readonly rgb: Uint8Array
  readonly caption: string
}

/** Pictures with a caption each, for contrastive training; the same seed gives the same stream. */
export function* pretrainingScenes(seed: number): Generator<CaptionedPicture, never> {
  const chance = random(seed, 'shapes', 'pretraining')
  while (true) {
    const drawn = scene(chance)
    yield { scene: drawn, rgb: drawScene(drawn), caption: clipCaption(drawn, chance) }
  }
}
