// Compares the class of every character of the basic plane, in contexts that tell letters, marks, digits, capitals and symbols apart, with the Java
// tokenizer (java-tokenizer.ts tells what is needed): npx tsx tests/parity/ptb/characters.ts
import { ptbTokensWithPunctuation } from '../../../src/metrics/ptb-tokenizer.ts'
import { javaTokens } from './java-tokenizer.ts'

const contexts = [
  'a ? b',
  'a?b',
  '?!a',
  '?-a',
  'a.5-?',
  '5?',
  '5,?',
  '5-?',
  '??',
  '"?',
  "'?a",
  "a'?",
  "o'?a",
  "aa'?",
  'etc. ? x',
  'etc.?T',
  '#?',
  '@?',
  '1?1/2',
  '.?.?.',
  'a@b?c',
  'www.a?b.com',
  'no. ?',
]

let differing = 0
for (const context of contexts) {
  const lines: string[] = []
  for (let code = 0x20; code < 0x10000; code++) {
    const character = String.fromCharCode(code)
    if (!/[\ud800-\udfff\u2028\u2029]/.test(character)) lines.push(`, ${context.replaceAll('?', () => character)} ,`)
  }
  const java = javaTokens(lines)
  const ours = ptbTokensWithPunctuation(lines).map((tokens) => tokens.join(' '))
  const different = lines.filter((_, i) => java[i] !== ours[i])
  differing += different.length
  console.log(`${context}: ${different.length} of ${lines.length} differ ${JSON.stringify(different.slice(0, 8))}`)
}
process.exitCode = differing > 0 ? 3 : 0
