// From image features to captions in the grader's format: `{stem: caption}`.
import type { Report } from '../base/progress.ts'
import type { Engine, State } from '../engine/engine.ts'
import { openDecoding } from './decoding.ts'
import type { Features } from './encode.ts'
import type { Task } from './task.ts'

export interface Captioning {
  /** A caption for each stem, in their order. */
  caption(features: Features, stems: readonly string[], report?: Report): Promise<Record<string, string>>
  dispose(): Promise<void>
}

/** Compiles a task's decoding; captions follow what `trained` holds at the time. */
export async function openCaptioning(engine: Engine, task: Task, trained: State, features: Features): Promise<Captioning> {
  const { tokenizer, config } = task
  const rows = config.decode.batch
  const decoding = await openDecoding(engine, task.decoder.weights, trained, {
    plan: task.plan,
    size: { rows, tokens: features.rowShape[0]!, maxLength: config.decode.max_length },
    start: tokenizer.start,
    end: tokenizer.end,
    forbidden: tokenizer.undecodable,
  })

  async function caption(from: Features, stems: readonly string[], report?: Report): Promise<Record<string, string>> {
    const captions: Record<string, string> = {}
    for (let i = 0; i < stems.length; i += rows) {
      const batch = stems.slice(i, i + rows)
      const ids = await decoding.captions(from.rows(batch), batch.length)
      batch.forEach((stem, row) => (captions[stem] = tokenizer.decode(ids[row]!).trim()))
      report?.({ phase: 'captions', done: i + batch.length, total: stems.length, unit: 'captions' })
    }
    return captions
  }

  return { caption, dispose: () => decoding.dispose() }
}
