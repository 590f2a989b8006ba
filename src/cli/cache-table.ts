// `captune cache ls`: one line for each cache of features, the one used last first.
import { basename } from 'node:path'
import { featureCaches, type FeatureCache } from '../recipes/cache.ts'
import { featuresFolder } from '../recipes/places.ts'
import { bytes, duration } from '../tables/format.ts'
import { cell, harmless } from '../tables/table.ts'
import { shownTable } from './show-table.ts'

export function printCaches(asJson: boolean): void {
  const caches = featureCaches()
  if (asJson) return console.log(JSON.stringify(caches.map(asData), null, 2))
  if (caches.length === 0) return console.log(`${featuresFolder()}: no features yet; the first run computes them.`)
  const rows = caches.map((cache) => columns.map(({ text }) => cell(text(cache))))
  console.log(shownTable({ columns, rows }))
  for (const cache of caches) for (const note of notesOn(cache)) console.log(harmless(note))
  const total = caches.reduce((sum, cache) => sum + cache.bytes, 0)
  console.log(`\n${caches.length === 1 ? '1 cache' : `${caches.length} caches`}, ${bytes(total)} in ${featuresFolder()}`)
}

/** Why a cache cannot be used as it is. */
function notesOn({ fingerprint, state, flaw, writer }: FeatureCache): string[] {
  const name = fingerprint.slice(0, shownDigits)
  if (writer !== undefined) return [`${name}: ${writer} is writing it`]
  return flaw === undefined ? [] : [`${name} is ${state}: ${flaw}`]
}

interface CacheColumn {
  readonly title: string
  readonly align?: 'right'
  readonly text: (cache: FeatureCache) => string | undefined
}

const shownDigits = 8 // of a fingerprint: `prune` needs no more

const columns: readonly CacheColumn[] = [
  { title: 'cache', text: ({ fingerprint }) => fingerprint.slice(0, shownDigits) },
  { title: 'features', text: ({ meta }) => [meta?.kind, meta?.precision].filter(Boolean).join(' ') || undefined },
  { title: 'of', text: ({ origin }) => origin?.images },
  { title: 'images', align: 'right', text: imagesText },
  { title: 'size', align: 'right', text: (cache) => bytes(cache.bytes) },
  { title: 'used', text: ({ used }) => `${duration(Math.round((Date.now() - used) / 1000))} ago` },
  { title: 'runs', align: 'right', text: ({ runs }) => String(runs.length) },
  { title: 'encoder', text: ({ origin }) => origin && basename(origin.encoder) },
]

function imagesText({ rows, meta }: FeatureCache): string {
  return meta === undefined || rows === meta.stems.length ? String(rows) : `${rows}/${meta.stems.length}`
}

/** Without the lists of all images. */
function asData({ meta, origin, used, writer, flaw, ...cache }: FeatureCache) {
  return {
    ...cache,
    images: meta?.stems.length ?? null,
    kind: meta?.kind ?? null,
    precision: meta === undefined ? null : (meta.precision ?? 'fp32'),
    cosine: origin?.cosine ?? null,
    rowShape: meta?.rowShape ?? null,
    transform: meta?.transform ?? null,
    weights: meta?.weights ?? null,
    data: meta?.data ?? null,
    encoder: origin?.encoder ?? null,
    of: origin?.images ?? null,
    used: new Date(used).toISOString(),
    writer: writer ?? null,
    flaw: flaw ?? null,
  }
}
