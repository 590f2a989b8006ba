// TensorFlow's own library, eager: on NVIDIA's GPUs and on processors. It is no dependency: `npm run setup:tensorflow` brings it.
import { cudaIndex } from './device.ts'
import { eagerEngine } from './eager-engine.ts'
import type { Engine } from './engine.ts'
import { refusalOfGpu, visibleGpus } from './nvidia.ts'
import { stagedTensorflow, startTensorflow, tensorflowFolder } from './tensorflow-library.ts'
import { tf } from './tfjs.ts'

export interface TensorflowWish {
  /** `cpu`, `cuda`, `cuda:1`, or `auto`: a GPU where the library and the machine have one. */
  readonly device: string
  /** Threads within an operator on the processor. */
  readonly threads: number
  /** Where the library is. */
  readonly folder?: string
}

/** Throws with the reason where it cannot run on the device. */
export async function tensorflowEngine({ device, threads, folder = tensorflowFolder }: TensorflowWish): Promise<Engine> {
  const library = stagedTensorflow(folder)
  const index = cudaIndex(device)
  const command = `npm run setup:tensorflow${index === undefined ? '' : ' -- --gpu'}`
  if (index === undefined && device !== 'cpu' && device !== 'auto')
    throw new Error(`it has no device "${device}" (only cpu, cuda)`)
  const gpus = device === 'cpu' ? [] : await visibleGpus()
  const refusal = index === undefined ? undefined : refusalOfGpu(gpus, index)
  if (refusal !== undefined) throw new Error(refusal)
  if (library === undefined) throw new Error(`no TensorFlow library is set up here (${command})`)
  const here = `${process.platform}-${process.arch}`
  if (library.platform !== here) throw new Error(`its library is for ${library.platform} and this is ${here} (${command})`)
  if (index !== undefined && !library.cuda) throw new Error(`the TensorFlow library set up here has no CUDA (${command})`)

  const gpu = library.cuda ? gpus[index ?? 0] : undefined
  startTensorflow({ folder, gpu, threads })
  if (!(await tf.setBackend('tensorflow'))) throw new Error('the TensorFlow backend of tfjs could not be initialised')

  const where = gpu === undefined ? 'cpu' : `cuda:${index ?? 0}, ${gpu.name}`
  const description = `tensorflow (TensorFlow ${library.version}, ${where}, ${threads} ${threads === 1 ? 'thread' : 'threads'})`
  return eagerEngine({ name: 'tensorflow', backend: 'tensorflow', description, threads })
}
