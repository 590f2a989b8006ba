// A decoder with a run's LoRA folded in, in the names and layout of published GPT-2 files; and beside it the cross-attention that was
// trained with it, which no GPT-2 file has.
import { join, parse } from 'node:path'
import { UserError } from '../base/errors.ts'
import { sha256OfFile, writeAtomically } from '../base/files.ts'
import { gpt2Entries } from '../models/pretrained-gpt2.ts'
import { mergeLora } from '../peft/lora-merge.ts'
import { withoutLora, writeTensors, type ExportedFile, type Writing } from './export-files.ts'
import type { Task } from './task.ts'
import type { Trained } from './trained.ts'

/** Writes the decoder to the file or folder `to`, and its cross-attention beside it. UserError where the run's method is another than LoRA. */
export async function exportMerged(task: Task, { tensors, metadata }: Trained, writing: Writing): Promise<ExportedFile[]> {
  const { peft } = task.plan
  if (peft.type !== 'lora')
    throw new UserError(`--merged: only LoRA can be folded into weights, this run's peft.type is ${peft.type}; leave it out.`)
  const weights = mergeLora(task.decoder.weights, tensors, peft)
  const entries = gpt2Entries({ ...task.decoder, weights })
  const paths = namesOf(writing)
  const decoder = { tensors: entries.arrays, metadata: { ...entries.metadata, format: 'pt' } } // what transformers asks of a file
  const files = [writeTensors(paths.decoder, decoder, writing, 'the decoder with its LoRA folded in')]
  const beside = { tensors: withoutLora(tensors), metadata: besideMerged(metadata, await sha256OfFile(paths.decoder)) }
  files.push(writeTensors(paths.crossAttention, beside, writing, 'the cross-attention to train.start from'))
  if (paths.config === undefined) return files
  writeAtomically(paths.config, `${JSON.stringify(gpt2Config(task), null, 2)}\n`)
  return [{ path: paths.config, tensors: null, parameters: null, what: 'for GPT2LMHeadModel.from_pretrained' }, ...files]
}

interface MergedFiles {
  readonly decoder: string
  readonly crossAttention: string
  readonly config?: string
}

function namesOf({ to, format }: Writing): MergedFiles {
  if (format === 'folder')
    return {
      decoder: join(to, 'model.safetensors'),
      crossAttention: join(to, 'cross_attention.safetensors'),
      config: join(to, 'config.json'),
    }
  const { dir, name, ext } = parse(to)
  return { decoder: to, crossAttention: join(dir, `${name}.cross_attention${ext}`) }
}

/** The origin of tensors whose decoder is now the merged one. */
function besideMerged(metadata: Trained['metadata'], sha256: string): Record<string, string> {
  const others = Object.entries(metadata).filter(([key]) => !key.startsWith('peft.'))
  return { ...Object.fromEntries(others), 'peft.type': 'none', 'sha256:decoder.weights': sha256 }
}

/** The content of `config.json`, as `transformers` describes a GPT-2. */
function gpt2Config({ decoder: { shape }, tokenizer }: Task): Record<string, unknown> {
  return {
    architectures: ['GPT2LMHeadModel'],
    model_type: 'gpt2',
    n_layer: shape.layers,
    n_head: shape.heads,
    n_embd: shape.width,
    n_positions: shape.positions,
    vocab_size: shape.vocabulary,
    activation_function: 'gelu_new',
    layer_norm_epsilon: 1e-5,
    bos_token_id: tokenizer.start,
    eos_token_id: tokenizer.end,
    tie_word_embeddings: true,
  }
}
