// `captune doctor`: facts of this machine, line by line, for a user's report and for ours.
import { existsSync } from 'node:fs'
import { availableParallelism, cpus, platform, release, totalmem } from 'node:os'
import { fromRoot, packageRoot } from '../base/files.ts'
import { engineFacts } from '../recipes/engine-facts.ts'
import { databasePath } from '../recipes/places.ts'
import { worldRoot } from '../recipes/world.ts'
import { environmentFacts } from '../tracking/environment.ts'
import { openReader } from '../tracking/reader.ts'

export async function printDoctor(): Promise<void> {
  const code = environmentFacts()
  heading('Machine')
  line('system', `${platform()} ${release()}`)
  line('processor', `${cpus()[0]?.model.trim() ?? 'unknown'}, ${availableParallelism()} threads`)
  line('memory', `${(totalmem() / 2 ** 30).toFixed(1)} GiB`)
  line('node', process.version)
  line('captune', `${packageRoot}${typeof code['git.commit'] === 'string' ? `, commit ${code['git.commit'].slice(0, 12)}` : ''}`)

  heading('Engines, the best first')
  const { engines, chosen, refused } = await engineFacts()
  for (const { name, available, version, reason, devices, threads } of engines)
    line(
      name,
      available
        ? `${version ?? ''}; devices ${devices.join(', ')}; up to ${threads} threads`
        : `not available: ${reason ?? 'unknown'}`,
    )
  line('chosen', chosen)
  for (const { name, reason } of refused) line('refused', `${name}: ${reason}`)

  heading('In place')
  for (const path of ['weights/shapes/clip.safetensors', 'weights/shapes/decoder.safetensors', `${worldRoot}/world.json`])
    line(path, existsSync(fromRoot(path)) ? 'yes' : 'no')
  const reader = openReader(databasePath())
  line(databasePath(), `${reader.runs({ hidden: true }).length} runs`)
  reader.close()
}

function heading(text: string): void {
  console.log(`\n${text}`)
}

function line(name: string, value: string): void {
  console.log(`  ${name.padEnd(12)} ${value}`)
}
