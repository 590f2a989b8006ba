// Our parameters under the names of a published layout: prefixes are exchanged, then the parts of a block.

/** How a layout calls the parts of a residual attention block. */
export interface BlockNames {
  readonly ln_1: string
  readonly ln_2: string
  /** Queries, keys and values: one entry, or one each. */
  readonly in_proj: readonly string[]
  readonly out_proj: string
  readonly c_fc: string
  readonly c_proj: string
}

/** The entries of a parameter such as `visual.transformer.resblocks.3.attn.in_proj_weight`, whose block lies below `{blocks}3.`. */
export function blockEntries(parameter: string, blocks: string, names: BlockNames): readonly string[] {
  const match = /resblocks\.(\d+)\.(.+)$/.exec(parameter)
  if (match === null) throw new Error(`${parameter} is in no block`)
  const [, layer, part] = match as unknown as [string, string, string]
  const inProjection = /^attn\.in_proj_(weight|bias)$/.exec(part)
  if (inProjection !== null) return names.in_proj.map((name) => `${blocks}${layer}.${name}.${inProjection[1]!}`)
  const [module, kind] = [part.replace(/^(attn|mlp)\.|\.(weight|bias)$/g, ''), part.replace(/^.*\./, '')]
  return [`${blocks}${layer}.${names[module as 'ln_1']}.${kind}`]
}

/** Whether a parameter is a linear map of a block, which all published layouts keep as [outputs, inputs]. */
export function isBlockMap(parameter: string): boolean {
  return /(in_proj_weight|(out_proj|c_fc|c_proj)\.weight)$/.test(parameter)
}

/** The shape of the patch convolution [width, 3, patch, patch] whose matrix has shape [3 * patch * patch, width]. */
export function convolutionShape([inputs, width]: readonly number[]): readonly number[] {
  const patch = Math.sqrt(inputs! / 3)
  return [width!, 3, patch, patch]
}

/** What stands before the shortest entry whose name ends in `ending`; undefined where none does. A file may hold several models. */
export function prefixBefore(names: readonly string[], ending: string): string | undefined {
  const [shortest] = names
    .filter((name) => name === ending || name.endsWith(`.${ending}`))
    .toSorted((a, b) => a.length - b.length)
  return shortest?.slice(0, -ending.length)
}
