// What the schema cannot say: rules between options. One small function for each, run on a tree that fits the schema.
import type { ClassifyConfig } from './classify-config.ts'
import type { Problem } from './problems.ts'
import type { EngineConfig, RunConfig } from './run-config.ts'
import { placeOf, type Tree } from './tree.ts'

interface Conflict {
  /** JSON pointers of the options involved: the mistake is shown at the one from the command line, else at the first that a file has. */
  readonly pointers: readonly string[]
  readonly sentence: string
}

export type Rule<Config> = (config: Config) => Conflict | undefined

export const runRules: readonly Rule<RunConfig>[] = [
  evaluatesAtLeastOnce,
  computesWhereItCan,
  roundsWhereItCan,
  adaptsEachPartOnce,
  endsAtAll,
]
export const classifyRules: readonly Rule<ClassifyConfig>[] = [computesWhereItCan]

/** Everything about a complete configuration that makes no sense as a whole. */
export function sensible<Config>(rules: readonly Rule<Config>[], tree: Tree): Problem[] {
  const config = tree.value as Config
  return rules.flatMap((rule) => {
    const conflict = rule(config)
    return conflict === undefined ? [] : [{ place: chosenPlace(tree, conflict.pointers), sentence: conflict.sentence }]
  })
}

function chosenPlace(tree: Tree, pointers: readonly string[]) {
  const places = pointers.map((pointer) => placeOf(tree, pointer))
  return places.find(({ source }) => source === 'command line') ?? places.find(({ line }) => line !== undefined) ?? places[0]!
}

/** The best checkpoint is chosen at evaluations, so there must be one. */
function evaluatesAtLeastOnce({ evaluate, train }: RunConfig): Conflict | undefined {
  if (evaluate.every <= train.epochs) return undefined
  const sentence = `"evaluate.every" is ${evaluate.every} and "train.epochs" is ${train.epochs}; at most as many epochs between evaluations as there are epochs are needed, or no checkpoint is ever chosen`
  return { pointers: ['/evaluate/every', '/train/epochs'], sentence }
}

/** A caption that must be longer than it can be would never end. */
function endsAtAll({ decode }: RunConfig): Conflict | undefined {
  if (decode.strategy !== 'beam' || decode.min_length <= decode.max_length) return undefined
  const sentence = `"decode.min_length" is ${decode.min_length} and "decode.max_length" is ${decode.max_length}; a least length of no more than the most is needed`
  return { pointers: ['/decode/min_length', '/decode/max_length'], sentence }
}

/** Each engine has devices of its own. */
function computesWhereItCan({ engine: { name, device } }: { engine: EngineConfig }): Conflict | undefined {
  const needed =
    name === 'wasm' && device !== 'cpu' && device !== 'auto'
      ? 'cpu or auto'
      : name === 'tensorflow' && device === 'webgpu'
        ? 'cpu, cuda or auto'
        : undefined
  if (needed === undefined) return undefined
  return {
    pointers: ['/engine/device', '/engine/name'],
    sentence: `"engine.device" is "${device}" and "engine.name" is "${name}"; ${needed} is needed there`,
  }
}

/** int8 is for onnx on the processor. */
function roundsWhereItCan({ encoder, engine }: RunConfig): Conflict | undefined {
  const { name, device } = engine
  const part = engine.precision === 'int8' ? 'engine' : encoder.precision === 'int8' ? 'encoder' : undefined
  if (part === undefined) return undefined
  const conflict = (key: 'name' | 'device', value: string, needed: string): Conflict => ({
    pointers: [`/${part}/precision`, `/engine/${key}`],
    sentence: `"${part}.precision" is "int8" and "engine.${key}" is "${value}"; ${needed} is needed there`,
  })
  if (name !== 'auto' && name !== 'onnx') return conflict('name', name, 'onnx')
  return device === 'auto' || device === 'cpu' ? undefined : conflict('device', device, 'cpu')
}

/** The fused `c_attn` holds q, k and v; an update of the whole and of a part would be two updates of one matrix. */
function adaptsEachPartOnce({ peft }: RunConfig): Conflict | undefined {
  if (peft.type !== 'lora' || !peft.targets.includes('c_attn')) return undefined
  const parts = ['q', 'k', 'v'].filter((part) => peft.targets.includes(part))
  if (parts.length === 0) return undefined
  return {
    pointers: ['/peft/targets'],
    sentence: `"peft.targets" has c_attn and its ${parts.join(', ')}; the whole or its parts are needed`,
  }
}
