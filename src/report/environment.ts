// The appendix: on what machine, from what code and data the best run came, and the commands that make every run again.
import { bytes } from '../tables/format.ts'
import type { Table } from '../tables/table.ts'
import type { Reader } from '../tracking/reader.ts'
import type { Chosen } from './choose.ts'

/** Facts that the run's record holds; hashes are shortened. */
export function environmentTable(reader: Reader, id: string): Table {
  const facts = reader.environment(id)
  const hash = (key: string) => facts[key]?.slice(0, 12)
  const changed =
    facts['git.diff'] === undefined || facts['git.diff'] === '' ? '' : ', with uncommitted changes (kept in the run)'
  const memory = Number(facts['machine.memory_bytes'] ?? NaN)
  const lines: (readonly [string, string | undefined])[] = [
    ['run', id],
    ['configuration', reader.run(id)?.config_hash.slice(0, 12)],
    ['engine', facts['engine.chosen']],
    ['processor', [facts['machine.cpu'], facts['machine.cores'] && `${facts['machine.cores']} cores`].filter(Boolean).join(', ')],
    ['memory', Number.isNaN(memory) ? undefined : bytes(memory)],
    ['system', [facts['machine.system'], facts['node.version'] && `Node ${facts['node.version']}`].filter(Boolean).join(', ')],
    ['code', facts['git.commit'] && `${facts['git.commit'].slice(0, 12)}${changed}`],
    ['data', hash('data.fingerprint')],
    ['weights of the encoder', hash('encoder.weights')],
    ['weights of the decoder', hash('decoder.weights')],
    ['weights of the judge', hash('evaluate.clip.weights')],
  ]
  return {
    columns: [{ title: 'what' }, { title: 'value' }],
    rows: lines.flatMap(([key, text]) => (text === undefined || text === '' ? [] : [[{ text: key }, { text }]])),
  }
}

/** How a run of the report is made again. */
export interface Command {
  readonly run: string
  /** The copy of its configuration, below the report's folder. */
  readonly config: string
  /** `./captune train report/configs/shapes-lora-s1-7268eaf9.yaml` */
  readonly line: string
}

const verbs: Readonly<Record<string, string>> = { train: 'train', classify: 'classify' }

/** For every chosen run that one command makes, the attempts first; a decoding needs the run that it decodes, named after its command. */
export function commandsOf(reader: Reader, chosen: Chosen, reportFolder: string): Command[] {
  return runsOf(chosen).flatMap((id) => {
    const { kind, parent } = reader.run(id)!
    const config = `configs/${id}.yaml`
    const place = `${reportFolder}/${config}`
    if (kind === 'decode' && parent !== null)
      return [{ run: id, config, line: `./captune decode ${parent} ${decodeOptions(reader, id)}` }]
    return verbs[kind] === undefined ? [] : [{ run: id, config, line: `./captune ${verbs[kind]} ${place}` }]
  })
}

/** `decode.strategy=beam decode.beams=5 ...` */
function decodeOptions(reader: Reader, id: string): string {
  const options = Object.entries(reader.config(id)).filter(([key]) => key.startsWith('decode.'))
  return options.map(([key, value]) => `${key}=${String(value)}`).join(' ')
}

/** Every chosen run once, the attempts first. */
export function runsOf({ best, attempts, otherSeeds, prompts, decoding }: Chosen): string[] {
  return [...new Set([...Object.values(attempts), ...otherSeeds, ...(best === undefined ? [] : [best]), ...decoding, ...prompts])]
}
