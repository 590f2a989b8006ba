// Facts that make a run repeatable: the code with what was not committed, the machine, the command.
import { spawnSync } from 'node:child_process'
import { arch, cpus, hostname, platform, release, totalmem } from 'node:os'
import { packageRoot } from '../base/files.ts'

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

/** Commit and uncommitted changes of the checkout at `root`; nothing where git or the repository is missing. */
function codeFacts(root: string): Record<string, string> {
  const git = (...command: string[]) => {
    const { status, stdout } = spawnSync('git', ['-C', root, ...command], { encoding: 'utf8', maxBuffer: 1 << 26 })
    return status === 0 ? stdout : undefined
  }
  const commit = git('rev-parse', 'HEAD')?.trim()
  if (commit === undefined) return {}
  return { 'git.commit': commit, 'git.diff': git('diff', 'HEAD', '--no-ext-diff', '--no-color') ?? '' }
}
