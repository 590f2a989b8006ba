// The names inside a run's folder, and inside the adapter's folder that a run can be exported to.
import { join } from 'node:path'

/** `last.safetensors`: all that a resume needs; `best.safetensors`: the trained tensors of the best epoch. */
export function checkpoints(folder: string): { last: string; best: string } {
  return { last: join(folder, 'last.safetensors'), best: join(folder, 'best.safetensors') }
}

export const configFile = (folder: string): string => join(folder, 'config.yaml')
export const predictionsFile = (folder: string, split: string): string => join(folder, 'predictions', `${split}.json`)
export const scoresFile = (folder: string, split: string): string => join(folder, 'scores', `${split}.csv`)

/** The names that the Python library `peft` gives to what it saves; `cross_attention.safetensors` is ours, for what it cannot hold. */
export function adapterFolder(folder: string): { settings: string; weights: string; oldWeights: string; crossAttention: string } {
  const at = (name: string) => join(folder, name)
  return {
    settings: at('adapter_config.json'),
    weights: at('adapter_model.safetensors'),
    oldWeights: at('adapter_model.bin'),
    crossAttention: at('cross_attention.safetensors'),
  }
}

/** What a classification leaves: the grader's CSV and the most probable classes of each image, accuracy by class, who is taken for whom. */
export function labelFiles(folder: string, split: string): { labels: string; top: string; classes: string; confusion: string } {
  return {
    labels: join(folder, 'predictions', `${split}.csv`),
    top: join(folder, 'predictions', `${split}-top5.json`),
    classes: join(folder, 'scores', `${split}-classes.csv`),
    confusion: join(folder, 'scores', `${split}-confusion.csv`),
  }
}
