// What the other files of a run's folder know that its damaged journal has lost: the configuration, captions with their scores, and which
// files there are. Numbers of metrics are in the journal alone.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { readBytes, readJson, readText, sha256 } from '../base/files.ts'
import { readYamlFile } from '../config/yaml-source.ts'
import { readCsv } from '../tables/read-csv.ts'
import { flattenConfig, type Entry, type Sample } from '../tracking/entries.ts'
import type { KnownOfRun } from '../tracking/rebuild.ts'
import { configFile, predictionsFile, scoresFile } from './run-folder.ts'

/** Entries for what is not known of the run in `folder`; nothing of a file that is damaged too. */
export function mendRecord(folder: string, known: KnownOfRun): Entry[] {
  return [
    ...(known.config ? [] : readable(() => configOf(folder))),
    ...(known.splits.has(split) ? [] : readable(() => samplesOf(folder, known))),
    ...filesOf(folder).flatMap((path) => (known.artifacts.has(path) ? [] : readable(() => [artifactOf(folder, path)]))),
  ]
}

/** The split whose captions are kept. */
const split = 'val'

function readable(read: () => Entry[]): Entry[] {
  try {
    return read()
  } catch (error) {
    if (error instanceof UserError) return []
    throw error
  }
}

function configOf(folder: string): Entry[] {
  if (!existsSync(configFile(folder))) return []
  const { value } = readYamlFile(configFile(folder), "the run's config", [])
  return [{ entry: 'config', values: flattenConfig(value as object) }]
}

/** Their step is that of their scores; captions of which it is not known stay where they are. */
function samplesOf(folder: string, known: KnownOfRun): Entry[] {
  const step = known.lastStep(`${split}/cider`) ?? known.lastStep(`${split}/epoch`)
  const rows = scoredCaptions(scoresFile(folder, split)) ?? captions(predictionsFile(folder, split))
  return step === undefined || rows === undefined ? [] : [{ entry: 'samples', split, step, rows }]
}

function scoredCaptions(path: string): Sample[] | undefined {
  if (!existsSync(path)) return undefined
  const number = (text = '') => (text === '' ? undefined : Number(text))
  const rows = readCsv(readText(path, "the captions' scores")).slice(1)
  return rows.map(([image = '', caption = '', cider, clipscore]) => ({ image, caption, cider: number(cider), clipscore: number(clipscore) })) // prettier-ignore
}

function captions(path: string): Sample[] | undefined {
  if (!existsSync(path)) return undefined
  const written = readJson(path, 'the predictions') as Record<string, string>
  return Object.entries(written).map(([image, caption]) => ({ image, caption }))
}

/** As they are put on record: relative to the run's folder. */
function filesOf(folder: string): string[] {
  const below = ['predictions', 'scores'].flatMap((name) => {
    const inside = join(folder, name)
    return existsSync(inside) ? readdirSync(inside).map((file) => `${name}/${file}`) : []
  })
  const kept = below.filter((path) => path.includes(`/${split}`) && !path.endsWith('.tmp'))
  return existsSync(join(folder, 'best.safetensors')) ? ['best.safetensors', ...kept] : kept
}

function artifactOf(folder: string, path: string): Entry {
  const file = join(folder, path)
  return { entry: 'artifact', path, bytes: statSync(file).size, sha256: sha256(readBytes(file)) }
}
