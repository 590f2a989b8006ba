// CLIP's text tower ready for batches of one size: captions in, embeddings out.
import { UserError } from '../base/errors.ts'
import { fromRoot } from '../base/files.ts'
import type { NamedArrays } from '../base/nd-array.ts'
import type { Report } from '../base/progress.ts'
import type { RunConfig } from '../config/run-config.ts'
import type { Engine } from '../engine/engine.ts'
import { clipText, textEmbedding } from '../models/clip.ts'
import { readPretrainedClip } from '../models/pretrained.ts'
import { bind } from '../nn/scope.ts'
import { clipTokenizer } from '../tokenizer/clip.ts'

export interface TextEncoder {
  /** One embedding (not normalised) per text; a text that is longer than the model's context is cut, as in the paper's evaluator. */
  embed(texts: readonly string[], report?: Report): Promise<Float32Array[]>
  /** Whether all of a text is within the model's context. */
  fits(text: string): boolean
  /** What the model multiplies cosines by before a softmax: 100 in the published ones. */
  readonly scale: number
  dispose(): Promise<void>
}

/** Compiles a CLIP's text tower for batches of `batch` texts. UserError where its files are missing, damaged or of different models. */
export async function openTextEncoder(engine: Engine, clip: RunConfig['evaluate']['clip'], batch = 64): Promise<TextEncoder> {
  const model = readPretrainedClip(fromRoot(clip.weights))
  const tokenizer = clipTokenizer(fromRoot(clip.vocabulary))
  const shape = model.shape.text
  if (tokenizer.size !== shape.vocabulary)
    throw new UserError(
      `${clip.vocabulary}: the vocabulary has ${tokenizer.size} tokens, ${clip.weights} has ${shape.vocabulary}; both must come from the same model.`,
    )
  const program = await engine.compile(
    ({ frozen, inputs }) => ({ outputs: { embedding: textEmbedding(clipText(bind(frozen), shape), inputs['ids']!) } }),
    {
      label: 'embed texts',
      frozen: withoutImageTower(model.weights),
      inputs: { ids: { dtype: 'int32', shape: [batch, shape.context] } },
    },
  )

  async function embedBatch(texts: readonly string[]): Promise<Float32Array[]> {
    const full = [...texts, ...Array<string>(batch - texts.length).fill('')]
    const { embedding } = await program.run({ ids: tokenizer.tokenize(full, { context: shape.context, truncate: true }) })
    const values = embedding!.data as Float32Array
    return texts.map((_, row) => values.slice(row * shape.embedding, (row + 1) * shape.embedding))
  }

  return {
    async embed(texts, report) {
      const distinct = [...new Set(texts)] // programs like to say the same of many images
      const embeddings = new Map<string, Float32Array>()
      for (let i = 0; i < distinct.length; i += batch) {
        const next = distinct.slice(i, i + batch)
        const rows = await embedBatch(next)
        next.forEach((text, row) => embeddings.set(text, rows[row]!))
        report?.({ phase: 'texts for the judge', done: i + next.length, total: distinct.length, unit: 'captions' })
      }
      return texts.map((text) => embeddings.get(text)!)
    },
    fits: (text) => tokenizer.encode(text).length + 2 <= shape.context,
    scale: Math.exp(model.weights['logit_scale']!.data[0]!),
    dispose: () => program.dispose(),
  }
}

function withoutImageTower(weights: NamedArrays): NamedArrays {
  return Object.fromEntries(Object.entries(weights).filter(([name]) => !name.startsWith('visual.')))
}
