// Facts that make a run repeatable: the code with what was not committed, the machine, the command.
import { arch, cpus, hostname, platform, release, totalmem } from 'node:os'
import { packageRoot } from '../base/files.ts'
import { codeFacts } from './code-state.ts'

/** Code, machine and command of this process, to be completed by what the recipe knows (engine, data, weights). */
export function environmentFacts(): Record<string, unknown> {
  return {
    ...codeFacts(packageRoot),
    'node.version': process.version,
    'machine.host': hostname(),
    'machine.system': `${platform()} ${release()} ${arch()}`,
    'machine.cpu': cpus()[0]?.model.trim() ?? 'unknown',
    'machine.cores': cpus().length,
    'machine.memory_bytes': totalmem(),
    'process.arguments': process.argv.slice(2),
    'process.folder': process.cwd(),
  }
}
