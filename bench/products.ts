// The rate of matrix products, the bulk of all work here: of a square one, and of the two of a GPT-2 MLP for 32 captions of 20 tokens.
import { probeEngines } from '../src/engine/probe.ts'
import type { Engine, EngineName } from '../src/engine/engine.ts'
import * as ops from '../src/engine/ops.ts'
import { contest } from './contest.ts'
import { captune, pytorch } from './entrants.ts'
import { generatedArray } from './generated.ts'
import type { Part, Surroundings } from './part.ts'
import { rowsOf, type Row, type Skipped } from './rows.ts'
import type { Prepared } from './turns.ts'

/** (rows, inputs) x (inputs, outputs) x (outputs, inputs) and so on: `pairs` times up and down. */
interface ProductOptions {
  readonly rows: number
  readonly inputs: number
  readonly outputs: number
  readonly pairs: number
}

const chains: readonly ProductOptions[] = [
  { rows: 1024, inputs: 1024, outputs: 1024, pairs: 4 },
  { rows: 640, inputs: 768, outputs: 3072, pairs: 4 },
]

export const products: Part = {
  name: 'matmul',
  about: 'matrix products on each engine',
  async measure(around) {
    const engines = await probeEngines()
    const available = engines.filter((engine) => engine.available).map(({ name }) => name)
    const missing = engines.flatMap(({ name, reason }) =>
      reason === undefined ? [] : [{ part: products.name, what: 'all', who: `captune ${name} fp32`, skipped: reason }],
    )
    const rows: (Row | Skipped)[] = [...missing]
    for (const chain of chains) rows.push(...(await measureChain(chain, fastestFirst(available), around)))
    return rows
  },
}

function fastestFirst(names: readonly EngineName[]): EngineName[] {
  return (['onnx', 'tensorflow', 'wasm'] as const).filter((name) => names.includes(name))
}

async function measureChain(chain: ProductOptions, engines: readonly EngineName[], { quick, torch, report }: Surroundings) {
  const { rows, inputs, outputs, pairs } = chain
  const what = `${rows} x ${inputs} x ${outputs}`
  report(`matrix product ${what}`)
  const ours = engines.map((engine) => captune('product', chain, engine))
  const peers = 'missing' in torch ? [] : pytorch(torch, 'product', { rows, inputs, outputs, pairs })
  const outcomes = await contest([...ours, ...peers], { rounds: quick ? 4 : 15, repetitions: 1 })
  return rowsOf(products.name, what, { value: (pairs * 2 * 2 * rows * inputs * outputs) / 1e9, unit: 'Gflop' }, outcomes)
}

/** The chain on constant matrices; only the sum of the last product comes back. */
export async function productWork(engine: Engine, { rows, inputs, outputs, pairs }: ProductOptions): Promise<Prepared> {
  const frozen = {
    up: generatedArray([inputs, outputs], { scale: inputs ** -0.5 }),
    down: generatedArray([outputs, inputs], { scale: outputs ** -0.5 }),
  }
  const program = await engine.compile(
    ({ frozen: { up, down }, inputs: { x: first } }) => {
      let x = first!
      for (let i = 0; i < pairs; i++) x = ops.matMul(ops.matMul(x, up!), down!)
      return { outputs: { sum: ops.sum(x) } }
    },
    { label: 'matrix products', frozen, inputs: { x: { dtype: 'float32', shape: [rows, inputs] } } },
  )
  const x = generatedArray([rows, inputs])
  return { work: () => program.run({ x }), facts: {} }
}
