// Where model and method meet: a frozen decoder, cross-attention to the encoder's tokens, and one PEFT method done to it.
import { attachCrossAttention, type Captioner, type CrossAttentionOptions } from '../models/captioner.ts'
import { gpt2 } from '../models/gpt2.ts'
import { declared, shapesOnly, type ParameterSpec, type Scope } from '../nn/scope.ts'
import type { DecoderShape } from '../nn/transformer.ts'
import { applyPeft, type PeftOptions } from '../peft/apply.ts'

/** All that decides a captioner's structure: with weights it becomes one, without it can be counted. */
export interface CaptionerPlan {
  readonly decoder: DecoderShape
  readonly cross_attention: CrossAttentionOptions
  readonly peft: PeftOptions
}

/** The captioner over frozen decoder weights and trained tensors. */
export function assemble(frozen: Scope, trained: Scope, plan: CaptionerPlan): Captioner {
  const captioner = attachCrossAttention(gpt2(frozen, plan.decoder), trained, plan.cross_attention)
  return { ...captioner, decoder: applyPeft(captioner.decoder, trained, plan.peft) }
}

/** Every tensor that training changes, with its shape and how it starts. */
export function trainedParameters(plan: CaptionerPlan): ParameterSpec[] {
  return declared((scope) => assemble(shapesOnly, scope, plan))
}
