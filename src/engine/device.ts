// Devices as `engine.device` names them: `auto`, `cpu`, `webgpu`, `cuda` or `cuda:1`.

/** The number of the GPU that `cuda` (the first) or `cuda:1` means; undefined for every other device. */
export function cudaIndex(device: string): number | undefined {
  const found = /^cuda(?::(\d+))?$/.exec(device)
  return found === null ? undefined : Number(found[1] ?? 0)
}
