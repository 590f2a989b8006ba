// Where in the code an operation comes from, for profiles: the functions of models, layers and training that were under way when it was
// recorded. Gradients are computed outside of them; each belongs to where the forward pass first used what it computes with.
import type { CodePlace } from './graph.ts'
import type { Value } from './graph-builder.ts'

/** Tells the place of each node when it is recorded, from what it computes with. */
export function codePlaces(): (inputs: readonly Value[]) => CodePlace {
  const firstUses = new Map<Value, readonly string[]>()

  function functionsOf(value: Value): readonly string[] | undefined {
    return value.kind === 'constant' ? undefined : firstUses.get(value)
  }

  return (inputs) => {
    const { phase, functions } = underWay()
    if (phase === 'gradient') {
      const used = inputs.map(functionsOf).find((place) => place !== undefined)
      const before = inputs.map(({ node }) => node?.place?.slice(1)).find((place) => place !== undefined)
      return [phase, ...(used ?? before ?? [])]
    }
    if (phase === 'forward') for (const value of inputs) if (!firstUses.has(value)) firstUses.set(value, functions)
    return [phase, ...functions]
  }
}

const modelCode = /\/(?:nn|models|peft|training)\/([\w-]+)\.[jt]s$/

function underWay(): { phase: CodePlace[0]; functions: string[] } {
  const calls = callsUnderWay().toReversed()
  const names = calls.map((call) => call.getFunctionName())
  const differentiated = names.indexOf('valueAndGradients')
  const functions = calls.flatMap((call, i) => {
    const [, file] = modelCode.exec(call.getFileName() ?? '') ?? []
    const name = names[i]
    if (file === undefined || i < differentiated || !name || name.includes('<anonymous>')) return []
    return [name === 'apply' ? file : name] // a layer's own function says less than what kind of layer it is
  })
  if (differentiated < 0) return { phase: 'optimizer', functions }
  return { phase: names.includes('backpropagateGradients') ? 'gradient' : 'forward', functions }
}

/** The innermost first. */
function callsUnderWay(): readonly NodeJS.CallSite[] {
  const { prepareStackTrace, stackTraceLimit } = Error
  try {
    Error.stackTraceLimit = 100
    Error.prepareStackTrace = (_, calls) => calls
    return new Error().stack as unknown as NodeJS.CallSite[]
  } finally {
    Error.prepareStackTrace = prepareStackTrace
    Error.stackTraceLimit = stackTraceLimit
  }
}
