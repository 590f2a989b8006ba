// The machine and the code behind a measurement: without them a figure says nothing.
import { availableParallelism, freemem, loadavg } from 'node:os'
import { probeEngines } from '../src/engine/probe.ts'
import { environmentFacts } from '../src/tracking/environment.ts'
import type { TorchHere } from './entrants.ts'

export async function machineFacts(torch: TorchHere): Promise<Record<string, unknown>> {
  const facts = environmentFacts()
  const engines = await probeEngines()
  return {
    cpu: facts['machine.cpu'],
    cores: facts['machine.cores'],
    threads: availableParallelism(),
    memory_bytes: facts['machine.memory_bytes'],
    free_memory_bytes: freemem(),
    /** Processes that wanted a core in the last minute: anything but the benchmark makes its figures worse. */
    load_before: loadavg()[0],
    system: facts['machine.system'],
    node: process.version,
    engines: Object.fromEntries(engines.map(({ name, version, reason }) => [name, version ?? `not here: ${reason}`])),
    pytorch: 'missing' in torch ? `not here: ${torch.missing}` : torch.version,
    date: new Date().toISOString(),
    commit: facts['git.commit'] ?? 'unknown',
    changed: facts['git.diff'] !== '',
  }
}

/** Why there is no room for contestants that together take `gib` of memory, or nothing. */
export function roomFor(gib: number): string | undefined {
  const free = freemem() / 2 ** 30
  return free >= gib
    ? undefined
    : `${gib} GiB of free memory are needed for all contestants together, ${free.toFixed(1)} are free`
}
