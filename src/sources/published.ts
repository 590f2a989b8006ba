// The files that come from outside: where they are published, how large they are, their SHA-256, and where our configs look for them.
// The one list of them. Sizes and hashes are those of the publishers; OpenAI writes a CLIP's hash into its address.
import { basename } from 'node:path'
import { UserError } from '../base/errors.ts'

export interface PublishedFile {
  /** Its name in the source's folder. */
  readonly name: string
  /** Tried in this order; all hold the same bytes. */
  readonly urls: readonly string[]
  readonly bytes: number
  readonly sha256: string
}

/** What one `captune get` brings. */
export interface Source {
  /** As the command line calls it: `clip ViT-L/14`. */
  readonly name: string
  /** Relative to the checkout; every file of the source goes there. */
  readonly folder: string
  readonly publisher: string
  readonly files: readonly PublishedFile[]
}

const clips = [
  ['ViT-B/32', 'ViT-B-32.pt', 353_976_522, '40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af'],
  ['ViT-B/16', 'ViT-B-16.pt', 350_837_078, '5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f'],
  ['ViT-L/14', 'ViT-L-14.pt', 932_768_134, 'b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836'],
  ['ViT-L/14@336px', 'ViT-L-14-336px.pt', 934_088_680, '3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02'],
] as const

const openai = 'https://openaipublic.blob.core.windows.net/gpt-2/encodings/main'
const huggingFace = 'https://huggingface.co/openai-community/gpt2/resolve/607a30d783dfa663caf39e06633721c8d4cfcd7e'

const vocabulary: Source = {
  name: 'vocabulary',
  folder: 'weights/vocabulary',
  publisher: 'OpenAI',
  files: [
    {
      name: 'encoder.json',
      urls: [`${openai}/encoder.json`, `${huggingFace}/vocab.json`],
      bytes: 1_042_301,
      sha256: '196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783',
    },
    {
      name: 'vocab.bpe',
      urls: [`${openai}/vocab.bpe`, `${huggingFace}/merges.txt`],
      bytes: 456_318,
      sha256: '1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5',
    },
    {
      name: 'bpe_simple_vocab_16e6.txt.gz',
      urls: ['https://raw.githubusercontent.com/openai/CLIP/main/clip/bpe_simple_vocab_16e6.txt.gz'],
      bytes: 1_356_917,
      sha256: '924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a',
    },
  ],
}

/** GPT-2 small as published: what a config takes in place of the course's decoder. */
const decoder: Source = {
  name: 'decoder',
  folder: 'weights/gpt2',
  publisher: 'HuggingFace',
  files: [
    {
      name: 'gpt2.safetensors',
      urls: [`${huggingFace}/model.safetensors`],
      bytes: 548_105_171,
      sha256: '248dfc3911869ec493c76e65bf2fcf7f615828b0254c12b473182f0f81d3a707',
    },
  ],
}

/** Everything that can be downloaded. */
export const sources: readonly Source[] = [
  ...clips.map(([model, name, bytes, sha256]): Source => {
    const urls = [`https://openaipublic.azureedge.net/clip/models/${sha256}/${name}`]
    return { name: `clip ${model}`, folder: 'weights/clip', publisher: 'OpenAI', files: [{ name, urls, bytes, sha256 }] }
  }),
  vocabulary,
  decoder,
]

/** The source that `captune get <what> <model>` means; `ViT-L-14` and small letters will do. UserError listing what there is. */
export function findSource(what: string, model: string | undefined): Source {
  const wanted = comparable(model === undefined ? what : `${what} ${model}`)
  const found = sources.find(({ name }) => comparable(name) === wanted)
  if (found !== undefined) return found
  const models = clips.map(([name]) => name).join(', ')
  if (what === 'clip') {
    const asked = model === undefined ? 'no model is named' : `there is no model "${model}"`
    throw new UserError(`get clip: ${asked}; one of ${models} is needed.`)
  }
  const asked = model === undefined ? what : `${what} ${model}`
  throw new UserError(`get: there is no "${asked}"; course, clip MODEL (${models}), vocabulary or decoder is needed.`)
}

const comparable = (name: string) => name.toLowerCase().replaceAll('/', '-').replaceAll('@', '-').replace(/px$/, '')

/** The source whose file is called as `path` is, and that file. */
export function publishedAs(path: string): { source: Source; file: PublishedFile } | undefined {
  const matches = sources.flatMap((source) => source.files.map((file) => ({ source, file })))
  return matches.find(({ file }) => file.name === basename(path))
}
