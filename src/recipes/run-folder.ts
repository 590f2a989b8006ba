// The names inside a run's folder.
import { join } from 'node:path'

/** `last.safetensors`: all that a resume needs; `best.safetensors`: the trained tensors of the best epoch. */
export function checkpoints(folder: string): { last: string; best: string } {
  return { last: join(folder, 'last.safetensors'), best: join(folder, 'best.safetensors') }
}

export const configFile = (folder: string): string => join(folder, 'config.yaml')
export const predictionsFile = (folder: string, split: string): string => join(folder, 'predictions', `${split}.json`)
export const scoresFile = (folder: string, split: string): string => join(folder, 'scores', `${split}.csv`)
