import { resolve } from 'node:path'
import { Command } from 'commander'

export function setupCommand(): Command {
  const setup = new Command('setup')
    .description('Brings what engines can use beyond what npm installs: TensorFlow, and CUDA for onnx.')
    .addHelpText(
      'after',
      `
Examples:
  captune setup tensorflow          the same as npm run setup:tensorflow
  captune setup tensorflow --gpu
  captune setup gpu                 the same as npm run setup:gpu`,
    )
  setup
    .command('tensorflow')
    .description("The tensorflow engine: TensorFlow's library out of a Python wheel, and tfjs-node's addon built against it.")
    .option(
      '--from <path>',
      'a wheel, a folder with wheels, or a folder with `tensorflow/` (site-packages); else pip downloads one',
    )
    .option('--gpu', "with CUDA's libraries, for NVIDIA's GPUs")
    .addHelpText(
      'after',
      `
Examples:
  npm run setup:tensorflow
  npm run setup:tensorflow -- --gpu
  npm run setup:tensorflow -- --from ~/venv/lib/python3.12/site-packages --gpu

It needs Linux and a C++ compiler, and takes 0.9 GB (with CUDA about 5 GB) in native/, which \`npm ci\` leaves alone. tfjs-node's sources
and Node's headers come from the npm registry; their archives may lie in the folder of --from instead.`,
    )
    .action(async ({ from, gpu = false }: { from?: string; gpu?: boolean }) => {
      const { setUpTensorflow } = await import('../setup/tensorflow.ts')
      console.log(await setUpTensorflow({ from: from === undefined ? undefined : resolve(from), gpu, say: console.error }))
    })
  setup
    .command('gpu')
    .description("CUDA for the onnx engine: the provider's files, which are too large for npm.")
    .option(
      '--from <path>',
      'the NuGet package Microsoft.ML.OnnxRuntime.Gpu.Linux, or a folder with its files; else they are fetched',
    )
    .addHelpText(
      'after',
      `
Examples:
  npm run setup:gpu
  npm run setup:gpu -- --from microsoft.ml.onnxruntime.gpu.linux.1.30.0.nupkg

It needs Linux on x64. CUDA 12 and cuDNN 9 must be where the loader finds them. After \`npm ci\` the same command puts the files back, from
a copy in native/. WebGPU (\`engine.device: webgpu\`) comes with npm and needs no set-up but a GPU's driver with Vulkan, Metal or Direct3D.`,
    )
    .action(async ({ from }: { from?: string }) => {
      const { setUpCudaProvider } = await import('../setup/cuda-provider.ts')
      console.log(await setUpCudaProvider({ from: from === undefined ? undefined : resolve(from), say: console.error }))
    })
  return setup
}
