// Each layer against PyTorch: its value, and its gradients with respect to its input and every parameter.
import { describe, expect, it } from 'vitest'
import type { NdArray } from '../../src/base/nd-array.ts'
import type { Tensors } from '../../src/engine/engine.ts'
import * as ops from '../../src/engine/ops.ts'
import type { Tensor } from '../../src/engine/ops.ts'
import { attachCrossAttention, imageKeys } from '../../src/models/captioner.ts'
import { blockForward, crossAttention, gpt2, selfAttention, wholeTexts } from '../../src/models/gpt2.ts'
import { activations } from '../../src/nn/activation.ts'
import { layerNorm } from '../../src/nn/layer-norm.ts'
import { linear } from '../../src/nn/linear.ts'
import { bind, shapesOnly } from '../../src/nn/scope.ts'
import type { Scope } from '../../src/nn/scope.ts'
import type { Decoder } from '../../src/nn/transformer.ts'
import { adapter } from '../../src/peft/adapter.ts'
import { lora } from '../../src/peft/lora.ts'
import { prefix } from '../../src/peft/prefix.ts'
import { below, engineNames, expectClose, fixture, openEngine, runOnce, withGradients } from './engines.ts'

type Layer = (x: Tensor, scope: Scope, parameters: Tensors) => Tensor

const width = 4

/** A decoder of one layer whose missing parameters are shapes alone. */
const tiny = (scope: Scope): Decoder => gpt2(scope, { layers: 1, heads: 2, width, vocabulary: 2, positions: 5 })
const qv = { rank: 2, alpha: 4, rank_stabilised: true, targets: ['q', 'v'] }
const c_attn = { rank: 2, alpha: 4, rank_stabilised: false, targets: ['c_attn'] }

function attended(decoder: Decoder, x: Tensor): Tensor {
  return selfAttention(decoder.h[0]!.attn, x, 0, wholeTexts(decoder, x))
}

function adapted(activation: 'relu' | 'gelu'): Layer {
  return (x, scope) => {
    const place = linear(scope.at('h.0.mlp.c_proj'), width, width)
    const decoder = tiny(shapesOnly)
    const [block] = decoder.h
    const square = { ...decoder, h: [{ ...block!, mlp: { ...block!.mlp, c_proj: place } }] }
    return adapter(square, scope, { bottleneck: 3, placement: 'pfeiffer', activation }).h[0]!.mlp.c_proj.apply(x)
  }
}

function looked(gate: boolean): Layer {
  return (x, scope, parameters) => {
    const options = { layers: 'all', width: 4, gate, encoderWidth: width } as const
    const captioner = attachCrossAttention(tiny(shapesOnly), scope, options)
    const [image] = imageKeys(captioner, parameters['h.0.features']!)
    return crossAttention(captioner.decoder.h[0]!.crossattention!, x, image!)
  }
}

const layers: Readonly<Record<string, Layer>> = {
  linear: (x, scope) => linear(scope.at('h.0.l'), width, 7).apply(x),
  layer_norm: (x, scope) => layerNorm(scope.at('h.0.l'), width)(x),
  layer_norm_small_epsilon: (x, scope) => layerNorm(scope.at('h.0.l'), width, 1e-6)(x),
  gelu_tanh: activations.gelu_tanh,
  gelu: activations.gelu,
  quick_gelu: activations.quick_gelu,
  relu: activations.relu,
  attention: (x, scope) => attended(tiny(scope), x),
  prefix: (x, scope) => attended(prefix(tiny(scope), scope, { length: 3, reparametrise: 0 }), x),
  lora: (x, scope) => lora(tiny(scope), scope, c_attn).h[0]!.attn.c_attn.apply(x),
  lora_qv: (x, scope) => lora(tiny(scope), scope, qv).h[0]!.attn.c_attn.apply(x),
  adapter_relu: adapted('relu'),
  adapter_gelu: adapted('gelu'),
  block: (x, scope) => {
    const decoder = tiny(scope)
    return blockForward(decoder.h[0]!, x, 0, wholeTexts(decoder, x))
  },
  cross_attention: looked(false),
  cross_attention_gated: looked(true),
}

const golden = fixture('layers.safetensors')

it('every layer of the reference is compared', () => {
  expect(Object.keys(layers).sort()).toEqual([...new Set(Object.keys(golden).map((name) => name.split('/')[0]!))].sort())
})

describe.each(engineNames)('on %s', async (engineName) => {
  const engine = await openEngine(engineName)

  it.each(Object.keys(layers))('%s has the values and gradients of PyTorch', async (name) => {
    const reference = below(golden, `${name}/`)
    const parameters = below(reference, 'parameters/')
    const trained = { x: reference['x']!, ...inLayer0(parameters) }
    const step = withGradients(({ state, inputs }) => {
      const y = layers[name]!(state['x']!, partly(state), state)
      return { y, loss: ops.sum(ops.mul(y, inputs['direction']!)) }
    })
    const found = await runOnce(engine, { trained, inputs: { direction: reference['direction']! } }, step)
    const gradients = inLayer0(Object.fromEntries(Object.keys(parameters).map((key) => [key, reference[`grad/${key}`]!])))
    const expected = Object.entries(gradients).map(([key, gradient]) => [`grad/${key}`, gradient] as const)
    expectClose(found, { y: reference['y']!, 'grad/x': reference['grad/x']!, ...Object.fromEntries(expected) }, 1e-5)
  })
})

function inLayer0(arrays: Readonly<Record<string, NdArray>>): Record<string, NdArray> {
  return Object.fromEntries(Object.entries(arrays).map(([name, array]) => [`h.0.${name}`, array]))
}

// A layer of a decoder is tested alone: what else the decoder asks for has a shape and no values.
function partly(tensors: Tensors, path = ''): Scope {
  const bound = bind(tensors)
  return {
    parameter: (name, shape, init) => (path + name in tensors ? bound : shapesOnly).parameter(path + name, shape, init),
    at: (name) => partly(tensors, `${path}${name}.`),
  }
}
