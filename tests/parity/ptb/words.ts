// Compares every string of one to four letters, small, capitalised and in capitals, in contexts that tell abbreviations, contractions and word-like
// tokens apart, with the Java tokenizer (java-tokenizer.ts tells what is needed): npx tsx tests/parity/ptb/words.ts [longest, 4]
import { ptbTokensWithPunctuation } from '../../../src/metrics/ptb-tokenizer.ts'
import { javaTokens } from './java-tokenizer.ts'

const longest = Number(process.argv[2] ?? 4)
const letters = Array.from('abcdefghijklmnopqrstuvwxyz')
let words = ['']
for (let n = 0; n < longest; n++) words = ['', ...words.flatMap((word) => letters.map((letter) => word + letter))]
words = words.filter((word) => word !== '')

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)
const contexts: ((word: string) => string)[] = [
  (word) => `x ${word}. foo`,
  (word) => `x ${capital(word)}. Foo`,
  (word) => `x ${word.toUpperCase()}. 5 ${word}'`,
  (word) => `b. ${capital(word)} foo '${word} ${capital(word)}.`,
  (word) => `${capital(word)}.com ${word}/x ${word}-x ${word}.x ${word}'${word} ${word}"`,
  (word) => `5${word} x${word}.c ${word}5 ${word}.${word} ${word}? ${word}!${word} ${word}:${word} ${word}.,`,
]

let differing = 0
for (const context of contexts) {
  const lines = words.map(context)
  const java = javaTokens(lines)
  const ours = ptbTokensWithPunctuation(lines).map((tokens) => tokens.join(' '))
  const different = lines.filter((_, i) => java[i] !== ours[i])
  differing += different.length
  console.log(`${context('word')}: ${different.length} of ${lines.length} differ ${JSON.stringify(different.slice(0, 8))}`)
}
process.exitCode = differing > 0 ? 3 : 0
