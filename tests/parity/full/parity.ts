// `npm run parity`: the models at full size against PyTorch on the same weights, and a whole run on real photographs. Exit code 3 where
// a difference is too large; what cannot be compared on this machine is skipped with the reason.
import { chooseEngine } from '../../../src/engine/choose.ts'
import { plain } from '../../../src/tables/plain.ts'
import type { Compared, Skipped } from './compared.ts'
import { compareCaptioner, compareClip, compareGpt2, compareTimm } from './models.ts'
import { noPhotographs, runOnPhotographs } from './photographs.ts'
import { reference, type Reference } from './references.ts'

const { engine } = await chooseEngine({ name: 'onnx', device: 'cpu', threads: 0, precision: 'fp32' })
console.log(engine.description)

const rows: Compared[] = []
const skipped: Skipped[] = []

async function part(
  what: string,
  references: readonly Parameters<typeof reference>[0][],
  compare: (...given: Reference[]) => Promise<Compared[]>,
) {
  const given = references.map(reference)
  const missing = given.find((each) => 'missing' in each)
  if (missing !== undefined) return void skipped.push({ what, skipped: missing.missing })
  process.stderr.write(`... comparing ${what}\n`)
  rows.push(...(await compare(...(given as Reference[]))))
}

await part('CLIP ViT-B/32', ['clip-b32'], (given) => compareClip(engine, 'clip-b32', given))
await part('CLIP ViT-L/14', ['clip-l14'], (given) => compareClip(engine, 'clip-l14', given))
await part('a ViT of timm', ['timm'], (given) => compareTimm(engine, given))
await part('GPT-2 small', ['gpt2'], (given) => compareGpt2(engine, given))
await part('the captioner', ['gpt2', 'captioner'], (weights, given) => compareCaptioner(engine, weights, given))
await engine.dispose()
if (noPhotographs === undefined) await part('a run on 80 photographs', ['clip-b32', 'gpt2'], runOnPhotographs)
else skipped.push({ what: 'a run on 80 photographs', skipped: noPhotographs })

const columns = [
  { title: 'what' },
  { title: 'difference', align: 'right' as const },
  { title: 'limit', align: 'right' as const },
  { title: 'against' },
]
const cells = rows.map(({ what, difference, limit, reference: by }) =>
  [what, difference.toExponential(1), limit.toExponential(0), by].map((text) => ({ text })),
)
console.log(plain({ columns, rows: cells }))
for (const { what, skipped: why } of skipped) console.log(`skipped: ${what}: ${why}`)
const failed = rows.filter(({ difference, limit }) => !(difference <= limit))
console.log(
  failed.length === 0
    ? `${rows.length} comparisons within their limits`
    : `${failed.length} of ${rows.length} beyond their limits`,
)
if (failed.length > 0) process.exitCode = 3
