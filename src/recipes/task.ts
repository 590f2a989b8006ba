// What a configuration amounts to before any step is taken: tokenizer, models, structure, and how much would be trained.
import { fromRoot } from '../base/files.ts'
import type { RunConfig } from '../config/run-config.ts'
import { describeAs, readPretrainedDecoder, type PretrainedEncoder, type PretrainedGpt2 } from '../models/pretrained.ts'
import type { ParameterSpec } from '../nn/scope.ts'
import { servedMethod } from '../peft/apply.ts'
import { requireWithinLimit, trainedLimit, trainedParts, type TrainedParts } from '../peft/trainable.ts'
import { UserError } from '../base/errors.ts'
import { gpt2Tokenizer, type Gpt2Tokenizer } from '../tokenizer/gpt2.ts'
import { trainedParameters, type CaptionerPlan } from './captioner.ts'

/** How much is trained. */
export interface Trained {
  /** Part by part, in closed form. */
  readonly parts: readonly TrainedParts[]
  readonly trained: number
  /** The most that may be trained. */
  readonly limit: number
}

export interface Task extends Trained {
  readonly config: RunConfig
  /** Without its weights: who encodes reads them, and features that are cached need none. */
  readonly encoder: Omit<PretrainedEncoder, 'weights'>
  readonly decoder: PretrainedGpt2
  /** What the user should know of how the models were understood. */
  readonly warnings: readonly string[]
  readonly tokenizer: Gpt2Tokenizer
  readonly plan: CaptionerPlan
  /** Every trained tensor. */
  readonly parameters: readonly ParameterSpec[]
}

/** Reads the decoder of a configuration and looks at its encoder. Throws UserError where a file is missing or does not fit, or more than the limit would be trained. */
export function openTask(config: RunConfig): Task {
  const encoder = describeAs('encoder', fromRoot(config.encoder.weights))
  const decoder = readPretrainedDecoder(fromRoot(config.decoder.weights))
  const tokenizer = gpt2Tokenizer(fromRoot(config.decoder.vocabulary), config.decoder.dialect)
  requireFit(config, decoder, tokenizer)
  const encoderWidth = encoder.shape.image.width
  const plan = {
    decoder: decoder.shape,
    cross_attention: { ...config.cross_attention, encoderWidth },
    peft: config.peft,
  }
  const parts = trainedParts({ ...plan, encoderWidth })
  const trained = requireWithinLimit(parts)
  const warnings = [...encoder.warnings, ...decoder.warnings]
  const parameters = trainedParameters(plan)
  return { config, encoder, decoder, warnings, tokenizer, plan, parameters, parts, trained, limit: trainedLimit }
}

function requireFit(
  { decoder: { weights, vocabulary }, train, decode }: RunConfig,
  { shape }: PretrainedGpt2,
  { size }: Gpt2Tokenizer,
): void {
  if (size !== shape.vocabulary)
    throw new UserError(
      `${vocabulary}: the vocabulary has ${size} tokens, ${weights} has ${shape.vocabulary}; both must come from the same model.`,
    )
  const longest = Math.max(train.max_length, decode.max_length)
  if (longest > shape.positions)
    throw new UserError(
      `${weights}: the decoder has ${shape.positions} positions; train.max_length and decode.max_length (${longest}) must not exceed them.`,
    )
}

/** The task as its saved tensors are served: without the parts that only training needs. */
export function served(task: Task): Task {
  const plan = { ...task.plan, peft: servedMethod(task.plan.peft) }
  return { ...task, plan, parameters: trainedParameters(plan) }
}
