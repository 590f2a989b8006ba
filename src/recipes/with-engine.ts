// An engine for as long as some work lasts.
import { chooseEngine, type EngineWish, type Refusal } from '../engine/choose.ts'
import type { Engine, Precision } from '../engine/engine.ts'

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

/** Work that bears this precision, on the engine at hand; int8 has an engine of its own. UserError where int8 is slower here, or wrong. */
export async function inPrecision<T>(precision: Precision, engine: Engine, work: (engine: Engine) => Promise<T>): Promise<T> {
  if (precision === 'fp32') return work(engine)
  return withEngine({ name: 'onnx', device: 'cpu', threads: engine.threads, precision }, work)
}

/** The best engine on the processor, with all its threads. */
export const usualEngine: EngineWish = { name: 'auto', device: 'cpu', threads: 0, precision: 'fp32' }
