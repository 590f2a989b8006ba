// Configurations for the tests, written into a folder that is removed afterwards.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { fromRoot } from '../../../src/base/files.ts'
import { UserError } from '../../../src/base/errors.ts'

/** A function that writes a file of the test's own folder and gives back its path. */
export function temporaryFiles(): (name: string, text: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'config-test-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return (name, text) => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
}

export const loraYaml = readFileSync(fromRoot('configs/shapes/lora.yaml'), 'utf8')

/** The smallest complete configuration: what has no default. */
export const smallest = `name: small
data: { root: data/shapes }
encoder: { weights: clip.safetensors }
decoder: { weights: decoder.safetensors, vocabulary: gpt2 }
peft: { type: lora }
evaluate: { clip: { weights: clip.safetensors, vocabulary: clip.txt.gz } }
`

/** The lines of the UserError that `work` throws, without the path of the test's folder; anything else thrown goes on. */
export function mistakesOf(work: () => unknown): string[] {
  try {
    work()
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return error.message.split('\n').map((line) => line.replaceAll(/\S*config-test-[^/]+\//g, ''))
  }
  return []
}
