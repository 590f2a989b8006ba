// The references of the full-size parity suite: made by PyTorch on the first use, kept in a folder for the next.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sha256 } from '../../../src/base/files.ts'
import type { NamedArrays } from '../../../src/base/nd-array.ts'
import { readSafetensors } from '../../../src/checkpoint/safetensors.ts'

const script = fileURLToPath(new URL('./make-references.py', import.meta.url))
const python = process.env['CAPTUNE_PYTHON'] ?? 'python3'

/** What a part needs beside Python itself. */
const needs = {
  'clip-b32': ['torch'],
  'clip-l14': ['torch'],
  timm: ['torch', 'timm'],
  gpt2: ['torch', 'transformers'],
  captioner: ['torch', 'transformers', 'peft'],
} as const

export type ReferenceName = keyof typeof needs

export interface Reference {
  /** `PyTorch 2.15.0, timm 1.0.31` */
  readonly by: string
  /** A weights file that the part wrote. */
  file(name: string): string
  readonly expected: NamedArrays
}

/** About 3 GB in all; CAPTUNE_PARITY=DIR keeps them elsewhere. */
const folder = process.env['CAPTUNE_PARITY'] ?? join(homedir(), '.cache', 'captune-parity')

/** A part's files and expected values, or why they cannot be made here. */
export function reference(part: ReferenceName): Reference | { readonly missing: string } {
  const versions = versionsOf(needs[part])
  if (versions === undefined)
    return { missing: `${python} lacks ${needs[part].join(' or ')}; CAPTUNE_PYTHON names a Python that has them` }
  const place = join(folder, sha256(readFileSync(script)).slice(0, 8))
  const expected = join(place, `${part}.safetensors`)
  if (!existsSync(expected)) {
    mkdirSync(place, { recursive: true })
    process.stderr.write(`... PyTorch computes ${part}\n`)
    const { status, stderr } = spawnSync(python, ['-W', 'ignore', script, part, place], { encoding: 'utf8' })
    if (status !== 0) return { missing: `${script} ${part} failed: ${stderr.trim().split('\n').at(-1) ?? ''}` }
  }
  return { by: versions, file: (name) => join(place, name), expected: readSafetensors(expected).readAll() }
}

function versionsOf(packages: readonly string[]): string | undefined {
  const ask = packages.map((name) => `import ${name}; print('${name}', ${name}.__version__)`).join('\n')
  const { status, stdout } = spawnSync(python, ['-W', 'ignore', '-c', ask], { encoding: 'utf8' })
  if (status !== 0) return undefined
  return stdout.trim().replaceAll('\n', ', ').replace(/\+cpu/g, '')
}
