// What may differ when a trained run is decoded again: how it is decoded and what computes it. What was trained cannot be changed any more.
import { collecting, loadRunConfig, splitOverride, type Change, type LoadedConfig } from './load.ts'
import { throwProblems, type Problem } from './problems.ts'
import { commandLine } from './tree.ts'

/** A problem for each change of something else. */
export function beyondDecoding(changes: readonly Pick<Change, 'key' | 'place'>[]): Problem[] {
  return changes
    .filter(({ key }) => !/^(decode|engine)(\.|$)/.test(key))
    .map(({ key, place }) => ({ place, sentence: `"${key}" belongs to the training; options of decode are needed` }))
}

/** A trained run's configuration with other options of decode. Paths and errors as `loadRunConfig`. */
export function loadDecodingConfig(path: string, overrides: readonly string[]): LoadedConfig {
  const changes = overrides.flatMap((text) => collecting([], () => [{ key: splitOverride(text).key, place: commandLine }]) ?? [])
  throwProblems(beyondDecoding(changes))
  return loadRunConfig(path, overrides)
}
