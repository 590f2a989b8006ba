// Writes again what the Java tokenizer makes of the lines of tests/fixtures/metrics/ptb.json, and the hash of what it makes of coco-mini's captions
// (their text is not ours to keep). java-tokenizer.ts tells what is needed; CAPTUNE_TEST_DATA names the folder with coco-mini.
//   npx tsx tests/parity/ptb/make-fixture.ts [a text file with more lines]
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { javaTokens } from './java-tokenizer.ts'

const fixtures = join(import.meta.dirname, '..', '..', 'fixtures', 'metrics')
const known = JSON.parse(readFileSync(join(fixtures, 'ptb.json'), 'utf8')) as { lines: string[] }
const more = process.argv[2] === undefined ? [] : readFileSync(process.argv[2], 'utf8').replace(/\n$/, '').split('\n')
const lines = [...known.lines, ...more]
writeFileSync(join(fixtures, 'ptb.json'), `${JSON.stringify({ lines, tokens: javaTokens(lines) }, null, 1)}\n`)

const data = process.env.CAPTUNE_TEST_DATA
if (data !== undefined) {
  const { annotations } = JSON.parse(readFileSync(join(data, 'coco-mini', 'captions.json'), 'utf8')) as {
    annotations: { caption: string }[]
  }
  const tokens = javaTokens(annotations.map(({ caption }) => caption.replaceAll('\n', ' '))).join('\n')
  writeFileSync(join(fixtures, 'coco-mini.sha256'), `${createHash('sha256').update(tokens).digest('hex')}\n`)
}
