// What `captune doctor` tells of the engines.
import type { Refusal } from '../engine/choose.ts'
import { probeEngines, type EngineFacts } from '../engine/probe.ts'
import { usualEngine, withEngine } from './with-engine.ts'

export interface EnginesHere {
  readonly engines: readonly EngineFacts[]
  /** The engine that runs get here, in one line. */
  readonly chosen: string
  readonly refused: readonly Refusal[]
}

/** Loads every engine there is; takes a second or two. */
export async function engineFacts(): Promise<EnginesHere> {
  const engines = await probeEngines()
  return withEngine({ ...usualEngine, device: 'auto' }, (engine, refused) =>
    Promise.resolve({ engines, chosen: engine.description, refused }),
  )
}
