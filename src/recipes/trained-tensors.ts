// Trained tensors from a file, by name and whole: a method of which a part silently does nothing is the worst of results.
import { UserError } from '../base/errors.ts'
import { shapeText, type NamedArrays } from '../base/nd-array.ts'
import { readSafetensors, type Safetensors } from '../checkpoint/safetensors.ts'
import type { Task } from './task.ts'

/** The tensors that `task` trains. Throws UserError naming every missing, unexpected and misshapen one. */
export function readTrained(path: string, task: Task): { tensors: NamedArrays; metadata: Safetensors['metadata'] } {
  const file = readSafetensors(path)
  const problems = mismatches(file, task)
  if (problems.length > 0) throw new UserError(problems.map((problem) => `${path}: ${problem}`).join('\n'))
  return { tensors: file.readAll(), metadata: file.metadata }
}

function mismatches(file: Safetensors, { parameters, config }: Task): string[] {
  const wanted = new Map(parameters.map(({ name, shape }) => [name, shape]))
  const method = `the config's peft.type is ${config.peft.type}`
  const missing = [...wanted.keys()].filter((name) => !file.names.includes(name))
  const unexpected = file.names.filter((name) => !wanted.has(name))
  const misshapen = file.names.flatMap((name) => {
    const [found, needed] = [shapeText(file.spec(name).shape), shapeText(wanted.get(name) ?? [])]
    return wanted.has(name) && found !== needed ? [`${name} has shape ${found}, the model needs ${needed}; config and file must be of one run.`] : []
  })
  return [
    ...missing.map((name) => `${name} is missing; ${method}, the file was trained with ${file.metadata['method'] ?? 'something else'}.`),
    ...unexpected.map((name) => `${name} is unexpected; ${method}, the file was trained with ${file.metadata['method'] ?? 'something else'}.`),
    ...misshapen,
  ]
}
