// NVIDIA's GPUs as this process may use them: what the driver tells, narrowed by CUDA_VISIBLE_DEVICES as CUDA does it.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

export interface Gpu {
  readonly name: string
  /** As CUDA_VISIBLE_DEVICES may name it. */
  readonly id: string
}

export interface InstalledGpu {
  readonly index: string
  readonly uuid: string
  readonly name: string
}

/** The GPUs that programs of CUDA see here; `cuda:1` is the second. None where no driver answers. */
export async function visibleGpus(): Promise<readonly Gpu[]> {
  process.env.CUDA_DEVICE_ORDER ??= 'PCI_BUS_ID' // as nvidia-smi counts; CUDA would put the fastest first
  return visibleAmong(await installedGpus(), process.env.CUDA_VISIBLE_DEVICES)
}

async function installedGpus(): Promise<InstalledGpu[]> {
  const query = ['--query-gpu=index,uuid,name', '--format=csv,noheader']
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', query, { timeout: 10_000 })
    return stdout.split('\n').flatMap((line) => {
      const [index, uuid, name] = line.split(', ')
      return index === undefined || uuid === undefined || name === undefined ? [] : [{ index, uuid, name }]
    })
  } catch {
    return []
  }
}

/** The GPUs that `visible`, the value of CUDA_VISIBLE_DEVICES, leaves, in its order; what stands behind an unknown one is not seen. */
export function visibleAmong(installed: readonly InstalledGpu[], visible: string | undefined): Gpu[] {
  if (visible === undefined) return installed.map(({ index, name }) => ({ id: index, name }))
  const seen: Gpu[] = []
  for (const id of visible.split(',').map((each) => each.trim())) {
    const slice = installed.length > 0 && id.startsWith('MIG-') ? 'a slice of a GPU' : undefined
    const name =
      slice ?? installed.find(({ index, uuid }) => id === index || (id.startsWith('GPU-') && uuid.startsWith(id)))?.name
    if (name === undefined) break
    seen.push({ id, name })
  }
  return seen
}

/** Why GPU number `index` cannot be had, or nothing. */
export function refusalOfGpu(gpus: readonly Gpu[], index: number): string | undefined {
  if (index < gpus.length) return undefined
  if (gpus.length === 0) return 'no NVIDIA GPU answers'
  return `there is no GPU "cuda:${index}" (only ${gpus.map(({ name }, i) => `cuda:${i}, ${name}`).join('; ')})`
}
