// Whether onnxruntime can compute on a device of this machine. A build knows more devices than a machine has, so each is tried.
import { messageOf } from '../base/errors.ts'
import { cudaIndex } from './device.ts'
import { refusalOfGpu, visibleGpus } from './nvidia.ts'
import { onnxEngine } from './onnx-engine.ts'
import { hasCudaProvider, onnxDevices } from './onnx-provider.ts'
import { proveEngine } from './proof.ts'

/** Why onnx cannot compute on `device` here and what would help, or nothing. */
export async function refusalOnOnnx(device: string): Promise<string | undefined> {
  if (device === 'cpu') return undefined
  const index = cudaIndex(device)
  if (index === undefined && !onnxDevices().includes(device)) return `it has no device "${device}" (only cpu, cuda, webgpu)`
  if (index !== undefined) {
    const refusal = refusalOfGpu(await visibleGpus(), index)
    if (refusal !== undefined) return refusal
    if (!hasCudaProvider()) return "onnxruntime's CUDA provider is not set up here (npm run setup:gpu)"
  }
  const engine = onnxEngine({ device, threads: 1 })
  try {
    await proveEngine(engine)
    return undefined
  } catch (error) {
    return `its device "${device}" does not answer, ${needOf(messageOf(error))}`
  } finally {
    await engine.dispose()
  }
}

/** What onnxruntime misses, in words of ours where its own are known. */
function needOf(message: string): string {
  if (/No supported adapters/.test(message))
    return 'no GPU answers WebGPU (on Linux it needs Vulkan: libvulkan.so.1 and the GPU’s driver)'
  const library = /lib(?:cu|nv)\w*\.so[.\d]*/.exec(message)?.[0] ?? /Failed to load shared library/.exec(message)?.[0]
  const first = message.split('\n')[0] ?? ''
  return library === undefined ? first : `${library}: CUDA 12 and cuDNN 9 must be where the loader finds them (LD_LIBRARY_PATH)`
}
