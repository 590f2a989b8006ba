// CLIP's text tower ready for batches of one size: captions in, embeddings out.
import { UserError } from '../base/errors.ts'
import { fromRoot } from '../base/files.ts'
import type { Report } from '../base/progress.ts'
import type { RunConfig } from '../config/run-config.ts'
import type { Engine, Program } from '../engine/engine.ts'
import { clipText, textEmbedding, type ClipTextShape } from '../models/clip.ts'
import { describeAs, readPretrainedClip } from '../models/pretrained.ts'
import { bind } from '../nn/scope.ts'
import { clipTokenizer, type ClipTokenizer } from '../tokenizer/clip.ts'

export interface TextEncoder {
  /** One embedding (not normalised) per text; a text that is longer than the model's context is cut, as in the paper's evaluator. */
  embed(texts: readonly string[], report?: Report): Promise<Float32Array[]>
  /** Whether all of a text is within the model's context. */
  fits(text: string): boolean
  /** What the model multiplies cosines by before a softmax: 100 in the published ones. */
  readonly scale: number
  dispose(): Promise<void>
}

type ClipFiles = RunConfig['evaluate']['clip']

/** UserError where a CLIP's files are missing, damaged or of different models; the weights' values are not read. */
export function requireTextEncoder(clip: ClipFiles): void {
  tokenizerFor(clip, describeAs('clip', fromRoot(clip.weights)).shape.text)
}

function tokenizerFor(clip: ClipFiles, shape: ClipTextShape): ClipTokenizer {
  const tokenizer = clipTokenizer(fromRoot(clip.vocabulary))
  if (tokenizer.size === shape.vocabulary) return tokenizer
  throw new UserError(
    `${clip.vocabulary}: the vocabulary has ${tokenizer.size} tokens, ${clip.weights} has ${shape.vocabulary}; both must come from the same model.`,
  )
}

/**
 * Tokens of most texts, with start and end. What follows an end has no influence on its embedding and need not be computed: a batch of
 * such texts takes a third of the time that the published context of 77 tokens takes.
 */
export const shortText = 24

/** Texts embedded together. */
const batch = 64

/** Opens a CLIP's text tower. UserError where its files are missing, damaged or of different models. */
export async function openTextEncoder(engine: Engine, clip: ClipFiles): Promise<TextEncoder> {
  const { shape: towers, weights } = readPretrainedClip(fromRoot(clip.weights), 'text')
  const shape = towers.text
  const tokenizer = tokenizerFor(clip, shape)
  const lengths = [shortText, shape.context].filter((length) => length <= shape.context)
  const programs = new Map<number, Promise<Program>>()
  const scale = Math.exp(weights['logit_scale']!.data[0]!)

  function programFor(length: number): Promise<Program> {
    const compiled =
      programs.get(length) ??
      engine.compile(
        ({ frozen, inputs }) => ({ outputs: { embedding: textEmbedding(clipText(bind(frozen), shape), inputs['ids']!) } }),
        { label: 'embed texts', frozen: weights, inputs: { ids: { dtype: 'int32', shape: [batch, length] } } },
      )
    programs.set(length, compiled)
    return compiled
  }

  await programFor(lengths[0]!) // the usual one; the other where a text needs it

  const tokensOf = (text: string) => tokenizer.encode(text).length + 2 // with start and end

  async function embedBatch(texts: readonly string[]): Promise<Float32Array[]> {
    const longest = Math.max(...texts.map(tokensOf))
    const context = lengths.find((length) => length >= longest) ?? shape.context
    const full = [...texts, ...Array<string>(batch - texts.length).fill('')]
    const program = await programFor(context)
    const { embedding } = await program.run({ ids: tokenizer.tokenize(full, { context, truncate: true }) })
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
    fits: (text) => tokensOf(text) <= shape.context,
    scale,
    async dispose() {
      for (const program of programs.values()) await (await program).dispose()
    },
  }
}
