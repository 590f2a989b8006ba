// Where a training starts when it does not start from nothing: trained tensors of a file of ours, or of a LoRA adapter that the Python
// library `peft` saved.
import { existsSync, statSync } from 'node:fs'
import { UserError } from '../base/errors.ts'
import { fromRoot, readJson } from '../base/files.ts'
import type { NamedArrays } from '../base/nd-array.ts'
import type { Report } from '../base/progress.ts'
import { openCheckpoint } from '../checkpoint/open.ts'
import type { NamedFile } from '../data/fingerprint.ts'
import { startTrained, type Origin, type Started, type TrainedFile } from '../peft/load-trained.ts'
import { readPublishedLora } from '../peft/read-published-lora.ts'
import type { RunWriter } from '../tracking/writer.ts'
import { trainedParameters } from './captioner.ts'
import { adapterFolder } from './run-folder.ts'
import type { Task } from './task.ts'

/** The files that `train.start` stands for, by the names that count. UserError where a folder holds no adapter. */
export function startFiles(start: string): NamedFile[] {
  const path = fromRoot(start)
  if (!isFolder(path)) return [{ name: 'tensors', path }]
  const { settings, weights, crossAttention } = adapterFiles(path)
  return [
    { name: 'settings', path: settings },
    { name: 'weights', path: weights },
    ...(crossAttention === undefined ? [] : [{ name: 'cross-attention', path: crossAttention }]),
  ]
}

/** What a training is given of the files that came before it. */
export interface Beginning {
  /** To be written beside what it learns. */
  readonly origin: Origin
  /** First values of everything trained. */
  readonly values: Promise<NamedArrays>
  /** Trained tensors to start from instead. */
  readonly start: Started | undefined
}

/**
 * The tensors that a task starts from by its `train.start`, and the names of those that start as usual; undefined where it starts from
 * nothing. `origin` is the task's own. Throws UserError telling everything that does not fit.
 */
export function readStart({ config, plan, parameters }: Task, origin: Origin): Started | undefined {
  const path = fromRoot(config.train.start)
  if (config.train.start === '') return undefined
  const file = isFolder(path) ? adapterFile(path, plan.peft) : trainedFile(path)
  const usual = new Set(trainedParameters({ ...plan, peft: { type: 'none' } }).map(({ name }) => name))
  const ofMethod = file.names.some((name) => !usual.has(name))
  return startTrained(file, { specs: parameters, origin: whatMustAgree(origin, ofMethod) })
}

/** Says what was taken over, and, in the run's log name by name, what was not: it may be less than was thought. */
export function tellStart(path: string, { tensors, fresh }: Started, to: { writer: RunWriter; report: Report }): void {
  const taken = Object.keys(tensors).length
  const rest = fresh.length === 0 ? '' : `; these start as usual: ${fresh.join(', ')}`
  to.writer.log('info', `started from ${path}: ${taken} of ${taken + fresh.length} tensors${rest}`)
  const detail = fresh.length === 0 ? '' : `the others start as usual: ${placesOf(fresh).join(', ')}`
  to.report({ phase: 'tensors to start from', done: taken, total: taken + fresh.length, unit: 'tensors', detail })
}

/** `attn.c_attn`, `crossattention`: where in a layer the tensors are. */
function placesOf(names: readonly string[]): string[] {
  return [...new Set(names.map((name) => /^(?:h\.\d+\.)?((?:attn\.|mlp\.)?\w+)/.exec(name)?.[1] ?? name))]
}

/**
 * What a beginning must share with the task. Another encoder of the same width may be learned, layers may be added, and a method may be
 * put beside cross-attention that was trained without it.
 */
function whatMustAgree(origin: Origin, ofMethod: boolean): Origin {
  const free = (key: string) =>
    key === 'sha256:encoder.weights' || key === 'cross_attention.layers' || (!ofMethod && key.startsWith('peft.'))
  return Object.fromEntries(Object.entries(origin).filter(([key]) => !free(key)))
}

function trainedFile(path: string): TrainedFile {
  const file = openCheckpoint(path)
  if ('position' in file.metadata)
    throw new UserError(`${path}: this is the state that a training resumes from; the \`best.safetensors\` beside it is needed.`)
  return file
}

function adapterFile(path: string, peft: Task['plan']['peft']): TrainedFile {
  const { settings, weights, crossAttention } = adapterFiles(path)
  if (peft.type !== 'lora')
    throw new UserError(`${path}: this is a LoRA adapter, the config's peft.type is ${peft.type}; lora is needed there.`)
  const file = openCheckpoint(weights)
  const factors = readPublishedLora({ where: path, settings: readJson(settings, "the adapter's settings"), file }, peft)
  const beside = crossAttention === undefined ? {} : openCheckpoint(crossAttention).readAll()
  return fileOf(path, { ...factors, ...beside }, file.metadata)
}

function fileOf(path: string, arrays: NamedArrays, metadata: TrainedFile['metadata']): TrainedFile {
  const readAll = (names = Object.keys(arrays)) => Object.fromEntries(names.map((name) => [name, arrays[name]!]))
  return { path, names: Object.keys(arrays), metadata, spec: (name) => arrays[name]!, readAll }
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

function adapterFiles(folder: string): { settings: string; weights: string; crossAttention: string | undefined } {
  const { settings, weights, oldWeights, crossAttention } = adapterFolder(folder)
  if (!existsSync(settings))
    throw new UserError(
      `${folder}: a folder without \`adapter_config.json\`; a LoRA adapter's folder, or a file such as a run's \`best.safetensors\`, is needed.`,
    )
  const found = [weights, oldWeights].find((path) => existsSync(path))
  if (found === undefined)
    throw new UserError(
      `${folder}: an adapter without weights; \`adapter_model.safetensors\` or \`adapter_model.bin\` is needed in it.`,
    )
  return { settings, weights: found, crossAttention: existsSync(crossAttention) ? crossAttention : undefined }
}
