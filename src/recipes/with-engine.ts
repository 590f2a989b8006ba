// An engine for as long as some work lasts.
import { chooseEngine, type EngineWish, type Refusal } from '../engine/choose.ts'
import type { Engine } from '../engine/engine.ts'

/** Chooses the engine, does the work and lets the engine go, whatever happens. */
export async function withEngine<T>(
  wish: EngineWish,
  work: (engine: Engine, refused: readonly Refusal[]) => Promise<T>,
): Promise<T> {
  const { engine, refused } = await chooseEngine(wish)
  try {
    return await work(engine, refused)
  } finally {
    await engine.dispose()
  }
}

/** The best engine on the processor, with all its threads. */
export const usualEngine: EngineWish = { name: 'auto', device: 'cpu', threads: 0, precision: 'fp32' }
