// The folder of a run that has learned something, without a training: the config and a best checkpoint of random values.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FloatArray, NamedArrays } from '../../../src/base/nd-array.ts'
import { random } from '../../../src/base/random.ts'
import { writeSafetensors } from '../../../src/checkpoint/safetensors.ts'
import type { RunConfig } from '../../../src/config/run-config.ts'
import { toYaml } from '../../../src/config/yaml-source.ts'
import { initialise } from '../../../src/nn/initialise.ts'
import { originOf } from '../../../src/recipes/origin.ts'
import { openTask, served, type Task } from '../../../src/recipes/task.ts'

export interface TrainedRun {
  readonly folder: string
  readonly best: string
  readonly task: Task
  readonly tensors: NamedArrays
}

/** Writes the folder; its tensors are those of `config` as served, nothing of them zero. */
export async function trainedRun(folder: string, config: RunConfig): Promise<TrainedRun> {
  const task = served(openTask(config))
  const tensors = stirred(initialise(task.parameters, 3))
  const best = join(folder, 'best.safetensors')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'config.yaml'), toYaml(config))
  writeSafetensors(best, tensors, { ...(await originOf(task)), config_hash: 'c0ffee', epoch: '1', step: '24', score: '0.5' })
  return { folder, best, task, tensors }
}

function stirred(arrays: NamedArrays): NamedArrays {
  const stir = ([name, array]: [string, FloatArray]) => {
    const noise = random(3, name)
    return [name, { ...array, data: array.data.map((value) => value + 0.1 * noise.normal()) }]
  }
  return Object.fromEntries((Object.entries(arrays) as [string, FloatArray][]).map(stir)) as NamedArrays
}
