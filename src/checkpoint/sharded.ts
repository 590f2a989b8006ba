// Weights in several safetensors files, with an index `{weight_map: {entry: file}, metadata}` beside them, as Hugging Face writes them.
import { dirname, join } from 'node:path'
import { messageOf } from '../base/errors.ts'
import { CheckpointError } from './checkpoint-error.ts'
import { checkpointOf } from './checkpoint.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { FileBytes } from './file-bytes.ts'
import { readSafetensors } from './safetensors.ts'

const largestIndex = 2 ** 26

/** Opens the index and the header of every file it names. Throws CheckpointError where one is missing or lacks an entry. */
export function openSharded(file: FileBytes): Checkpoint {
  const map = weightMap(file)
  const shards = new Map([...new Set(map.values())].map((name) => [name, readSafetensors(join(dirname(file.path), name))]))
  const entries = new Map([...map].map(([name, shard]) => [name, { name, shard: shards.get(shard)! }]))
  for (const { name, shard } of entries.values()) shard.spec(name)
  return checkpointOf({
    path: file.path,
    format: 'sharded safetensors',
    metadata: Object.assign({}, ...[...shards.values()].map(({ metadata }) => metadata)) as Record<string, string>,
    entries,
    spec: ({ name, shard }) => shard.spec(name),
    read: ({ name, shard }) => shard.read(name),
    readRows: ({ name, shard }, first, count) => shard.readRows(name, first, count),
  })
}

/** File name by entry. A name is of a file in the same folder: an index cannot lead elsewhere. */
function weightMap({ path, size, read }: FileBytes): Map<string, string> {
  if (size > largestIndex) throw new CheckpointError(`${path}: the index has ${size} bytes; no index is that large.`)
  const map = new Map<string, string>()
  for (const [entry, name] of Object.entries(parsedMap(path, Buffer.from(read(0, size, 'the index')).toString('utf8')))) {
    if (typeof name !== 'string' || !/^[^/\\\x00-\x1f]+\.safetensors$/.test(name) || entry === '__proto__')
      throw new CheckpointError(
        `${path}: entry \`${entry}\` is said to lie in ${JSON.stringify(name)}; the name of a safetensors file in the same folder is needed.`,
      )
    map.set(entry, name)
  }
  if (map.size === 0) throw new CheckpointError(`${path}: its \`weight_map\` is empty; the index of sharded weights is needed.`)
  return map
}

function parsedMap(path: string, text: string): object {
  try {
    const value = JSON.parse(text) as unknown
    if (typeof value === 'object' && value !== null && 'weight_map' in value && typeof value.weight_map === 'object')
      return value.weight_map ?? {}
  } catch (error) {
    throw new CheckpointError(`${path}: not valid JSON (${messageOf(error)}); the index of sharded weights is needed.`)
  }
  throw new CheckpointError(`${path}: there is no \`weight_map\` in it; weights or the index of sharded weights are needed.`)
}
