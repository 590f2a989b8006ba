// The Java tokenizer as a black box: text in, tokens out. Needs Java and the jar of edu.stanford.nlp:stanford-corenlp:3.4.1 from Maven Central
// (GPL; no part of this program, and its code was never read for it):
//   mvn dependency:get -Dartifact=edu.stanford.nlp:stanford-corenlp:3.4.1 -Dtransitive=false
//   CAPTUNE_PTB_JAR=~/.m2/repository/edu/stanford/nlp/stanford-corenlp/3.4.1/stanford-corenlp-3.4.1.jar npx tsx tests/parity/ptb/fuzz.ts
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The tokens of each line, joined by spaces, tokenised together. */
export function javaTokens(lines: readonly string[]): string[] {
  const jar = process.env.CAPTUNE_PTB_JAR
  if (jar === undefined) throw new Error('CAPTUNE_PTB_JAR: not set; the path of stanford-corenlp-3.4.1.jar is needed.')
  const folder = mkdtempSync(join(tmpdir(), 'captune-ptb-'))
  try {
    const file = join(folder, 'lines.txt')
    writeFileSync(file, lines.join('\n'))
    const options = ['-Dfile.encoding=UTF-8', '-XX:+UseSerialGC', '-cp', jar]
    const tokenizer = ['edu.stanford.nlp.process.PTBTokenizer', '-preserveLines', '-lowerCase', file]
    const output = execFileSync('java', [...options, ...tokenizer], { stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 2 ** 30 })
    return output.toString('utf8').split('\n').slice(0, lines.length)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
