// The machine and the code behind a measurement: without them a figure says nothing.
import { availableParallelism, cpus, freemem, loadavg } from 'node:os'
import { probeEngines } from '../src/engine/probe.ts'
import { environmentFacts } from '../src/tracking/environment.ts'
import type { TorchHere } from './entrants.ts'

export interface MachineFacts {
  readonly [fact: string]: unknown
  readonly cores: number
  /** Processes that wanted a core in the last minute, before the benchmark. */
  readonly load_before: number
}

export async function machineFacts(torch: TorchHere): Promise<MachineFacts> {
  const facts = environmentFacts()
  const engines = await probeEngines()
  return {
    cpu: facts['machine.cpu'],
    cores: cpus().length,
    threads: availableParallelism(),
    memory_bytes: facts['machine.memory_bytes'],
    free_memory_bytes: freemem(),
    load_before: loadavg()[0]!,
    system: facts['machine.system'],
    node: process.version,
    engines: Object.fromEntries(engines.map(({ name, version, reason }) => [name, version ?? `not here: ${reason}`])),
    pytorch: 'missing' in torch ? `not here: ${torch.missing}` : torch.version,
    date: new Date().toISOString(),
    commit: facts['git.commit'] ?? 'unknown',
    changed: facts['git.diff'] !== '',
  }
}

/** Whether others want more than a quarter of the cores. PyTorch's threads, which wait for each other, suffer from that most. */
export function isBusy({ cores, load_before }: MachineFacts): boolean {
  return load_before > cores / 4
}

/** Why there is no room for contestants that together take `gib` of memory, or nothing. */
export function roomFor(gib: number): string | undefined {
  const free = freemem() / 2 ** 30
  return free >= gib
    ? undefined
    : `${gib} GiB of free memory are needed for all contestants together, ${free.toFixed(1)} are free`
}
