// Who can take part: Captune's engines on this machine, and PyTorch where a Python has it.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { EngineName, Precision } from '../src/engine/engine.ts'
import type { Entrant } from './contest.ts'
import type { WorkName } from './contestant.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** This program's side of a work, in a process like this one. */
export function captune(work: WorkName, options: object, engine: EngineName = 'onnx', precision: Precision = 'fp32'): Entrant {
  const script = [...process.execArgv, here('./contestant.ts')]
  return {
    who: `captune ${engine} ${precision}`,
    command: process.execPath,
    arguments: [...script, work, engine, precision, JSON.stringify(options)],
  }
}

export interface Torch {
  readonly python: string
  readonly version: string
}

/** PyTorch, or why there is none to compare with. */
export type TorchHere = Torch | { readonly missing: string }

/** The PyTorch of CAPTUNE_PYTHON, else of python3. */
export function findTorch(): TorchHere {
  const python = process.env['CAPTUNE_PYTHON'] ?? 'python3'
  const { status, stdout } = spawnSync(python, ['-c', 'import torch; print(torch.__version__)'], { encoding: 'utf8' })
  if (status === 0) return { python, version: stdout.trim() }
  return { missing: `${python} has no PyTorch to compare with; CAPTUNE_PYTHON=/path/to/python names one that has` }
}

/** The same Python, where it has transformers too. */
export function findTransformers(torch: TorchHere): TorchHere {
  if ('missing' in torch) return torch
  const script = 'import safetensors, transformers; print(transformers.__version__)'
  const { status, stdout } = spawnSync(torch.python, ['-c', script], { encoding: 'utf8' })
  if (status === 0) return { ...torch, version: stdout.trim() }
  return { missing: `${torch.python} has no transformers and safetensors to compare with` }
}

/** transformers' `generate` in float32: `peers/generate.py --flag value ...`. */
export function transformers({ python, version }: Torch, flags: Flags): Entrant {
  return {
    who: `transformers ${version} fp32`,
    command: python,
    arguments: [here('./peers/generate.py'), '--turns', ...flagsText(flags)],
  }
}

export type Flags = Readonly<Record<string, number | string | boolean>>

/** PyTorch's side of a work, in both precisions: `peers/<script>.py --flag value ...`; `how` follows its name. */
export function pytorch({ python, version }: Torch, script: string, flags: Flags, how = ''): Entrant[] {
  return [
    { precision: 'fp32', more: {} },
    { precision: 'bf16', more: { bf16: true } },
  ].map(({ precision, more }) => ({
    who: `PyTorch ${version.split('+')[0]!} ${precision}${how}`,
    command: python,
    arguments: [here(`./peers/${script}.py`), '--turns', ...flagsText({ ...flags, ...more })],
  }))
}

function flagsText(flags: Flags): string[] {
  return Object.entries(flags).flatMap(([name, value]) => {
    if (value === false) return []
    return value === true ? [`--${name}`] : [`--${name}`, String(value)]
  })
}
