import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { visibleGpus } from '../../../src/engine/nvidia.ts'
import { cudaProviderFiles } from '../../../src/engine/onnx-provider.ts'
import { setUpCudaProvider } from '../../../src/setup/cuda-provider.ts'
import { temporaryFolder } from '../../fixtures/tracking/temporary.ts'
import { zipOf } from './zip.ts'

const withoutGpu = (await visibleGpus()).length === 0
const onLinux = process.platform === 'linux' && process.arch === 'x64'

describe.runIf(onLinux && withoutGpu)('the CUDA provider of onnxruntime (on Linux x64 without a GPU)', () => {
  const setUp = (folder: string, from?: string) =>
    setUpCudaProvider({ from, say: () => undefined, folder: join(folder, 'package'), kept: join(folder, 'kept') })

  it('is taken out of the NuGet package, and put back later from the copy that was kept', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'onnxruntime.nupkg')
    const files = cudaProviderFiles.map((name) => ({
      name: `runtimes/linux-x64/native/${name}`,
      data: Buffer.from(name),
      deflated: true,
    }))
    writeFileSync(path, zipOf([...files, { name: 'LICENSE', data: Buffer.of() }]))
    expect(await setUp(folder, path)).toMatch(/^The CUDA provider of onnxruntime [\d.]+ is in place; no NVIDIA GPU answers here/)
    for (const name of cudaProviderFiles) expect(readFileSync(join(folder, 'package', name), 'utf8')).toBe(name)
    expect(existsSync(join(folder, 'package/LICENSE'))).toBe(false)
    writeFileSync(join(folder, 'package', cudaProviderFiles[0]), 'lost')
    await setUp(folder)
    expect(readFileSync(join(folder, 'package', cudaProviderFiles[0]), 'utf8')).toBe(cudaProviderFiles[0])
  })

  it('is refused by name where what was brought has it not', async () => {
    const folder = temporaryFolder()
    await expect(setUp(folder, join(folder, 'absent'))).rejects.toThrow(
      'absent: there is no such file or folder; microsoft.ml.onnx',
    )
    await expect(setUp(folder, folder)).rejects.toThrow(
      'it has no `libonnxruntime_providers_shared.so`; microsoft.ml.onnxruntime.gpu',
    )
    writeFileSync(join(folder, 'other.zip'), zipOf([{ name: 'readme', data: Buffer.of(1) }]))
    await expect(setUp(folder, join(folder, 'other.zip'))).rejects.toThrow('it has no `runtimes/linux-x64/native/libonnx')
  })
})
