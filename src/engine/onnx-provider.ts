// What this build of onnxruntime-node can compute on. CPU and WebGPU come with the package; CUDA's provider is fetched by `npm run setup:gpu`.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import './no-telemetry.ts'
import * as ort from 'onnxruntime-node'
import { cudaIndex } from './device.ts'

const description = createRequire(import.meta.url).resolve('onnxruntime-node/package.json')

/** The package's folder. */
export const onnxFolder = dirname(description)

/** onnxruntime's version. */
export const onnxVersion = (createRequire(import.meta.url)(description) as { version: string }).version

/** Where the package keeps its native files for this machine; providers are loaded from there alone. */
export const nativeFolder = join(onnxFolder, 'bin/napi-v6', process.platform, process.arch)

/** The files without which CUDA cannot be used. */
export const cudaProviderFiles = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'] as const

/** Whether the files of CUDA's provider are in place. */
export function hasCudaProvider(): boolean {
  return cudaProviderFiles.every((name) => existsSync(join(nativeFolder, name)))
}

/** The devices that this build knows and whose provider is in place; the machine may lack them. */
export function onnxDevices(): string[] {
  const known = ort.listSupportedBackends().map(({ name }) => name)
  return ['cpu', 'webgpu', 'cuda'].filter((device) => known.includes(device) && (device !== 'cuda' || hasCudaProvider()))
}

/** The execution provider of a device: `cuda:1` is `cuda` on the second GPU. What it lacks runs on the processor. */
export function providerOf(device: string): string | { readonly name: string; readonly deviceId: number } {
  const deviceId = cudaIndex(device)
  return deviceId === undefined ? device : { name: 'cuda', deviceId }
}
