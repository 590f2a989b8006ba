import type { NamedArrays } from '../base/nd-array.ts'
import type { Scope } from '../nn/scope.ts'
import type { Decoder } from '../nn/transformer.ts'
import { adapter } from './adapter.ts'
import type { AdapterConfig } from './adapter.ts'
import { lora } from './lora.ts'
import type { LoraConfig } from './lora.ts'
import { materialisePrefix, prefix } from './prefix.ts'
import type { PrefixConfig } from './prefix.ts'

/** The `peft` part of a configuration. */
export type PeftOptions =
  | { readonly type: 'none' }
  | ({ readonly type: 'lora' } & LoraConfig)
  | ({ readonly type: 'adapter' } & AdapterConfig)
  | ({ readonly type: 'prefix' } & PrefixConfig)

/** The decoder under a parameter-efficient method whose parameters come from `scope`. The given decoder is unchanged. */
export function applyPeft(decoder: Decoder, scope: Scope, method: PeftOptions): Decoder {
  switch (method.type) {
    case 'none':
      return decoder
    case 'lora':
      return lora(decoder, scope, method)
    case 'adapter':
      return adapter(decoder, scope, method)
    case 'prefix':
      return prefix(decoder, scope, method)
  }
}

/** The method as it is served: without what only training needs. */
export function servedMethod(method: PeftOptions): PeftOptions {
  return method.type === 'prefix' ? { ...method, reparametrise: 0 } : method
}

/** The tensors that are saved of a trained method, for `servedMethod`: parts that only training needs are computed away. */
export function servedTensors(method: PeftOptions, trained: NamedArrays): NamedArrays {
  return method.type === 'prefix' && method.reparametrise > 0 ? materialisePrefix(trained) : trained
}
