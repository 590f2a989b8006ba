// A whole run at full size as a user makes it: CLIP ViT-B/32 and GPT-2 small with random weights, LoRA, 80 real photographs; encode,
// train, caption and evaluate, each by the real program, and the most memory that any of them took.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fromRoot } from '../../../src/base/files.ts'
import { toYaml } from '../../../src/config/yaml-source.ts'
import { loadRunConfig } from '../../../src/config/load.ts'
import type { Compared } from './compared.ts'
import type { Reference } from './references.ts'

const data = process.env['CAPTUNE_TEST_DATA']
const gibibytes = 2 ** 30
const most = 8 // GiB

interface CocoFile {
  readonly images: readonly { readonly file_name: string; readonly id: number }[]
  readonly annotations: readonly { readonly image_id: number }[]
}

/** Why the run cannot be made here, or nothing. */
export const noPhotographs = data === undefined ? 'CAPTUNE_TEST_DATA names no folder with coco-mini/ and vocabulary/' : undefined

/** The run's peak memory beside 8 GiB, and that it ended well. */
export async function runOnPhotographs(clip: Reference, decoder: Reference): Promise<Compared[]> {
  const place = mkdtempSync(join(tmpdir(), 'captune-photographs-'))
  try {
    const config = writeConfig(place, clip, decoder)
    const peaks = []
    for (const args of [
      ['encode', config],
      ['train', config],
      [
        'caption',
        'single/photographs',
        '--images',
        join(place, 'world/p2_data/images/val'),
        '--output',
        join(place, 'captions.json'),
      ],
      ['evaluate', 'single/photographs'],
    ])
      peaks.push(await peakOf(args, join(place, 'runs')))
    const captions = JSON.parse(readFileSync(join(place, 'captions.json'), 'utf8')) as object
    const row = { what: `80 photographs: peak of ${peaks.length} commands, of ${most} GiB`, limit: 1, reference: 'the machine' }
    return Object.keys(captions).length === 16
      ? [{ ...row, difference: Math.max(...peaks) / (most * gibibytes) }]
      : [{ ...row, difference: Infinity }]
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

/** 64 photographs to train on and 16 to validate, laid out as the course's, and a config over them; gives its path. */
function writeConfig(place: string, clip: Reference, decoder: Reference): string {
  const source = join(data!, 'coco-mini')
  const all = JSON.parse(readFileSync(join(source, 'captions.json'), 'utf8')) as CocoFile
  for (const [split, images] of [
    ['train', all.images.slice(0, 64)],
    ['val', all.images.slice(64)],
  ] as const) {
    const folder = join(place, 'world/p2_data/images', split)
    mkdirSync(folder, { recursive: true })
    for (const { file_name } of images) symlinkSync(join(source, 'images', file_name), join(folder, file_name))
    const ids = new Set(images.map(({ id }) => id))
    const annotations = all.annotations.filter(({ image_id }) => ids.has(image_id))
    writeFileSync(join(place, 'world/p2_data', `${split}.json`), JSON.stringify({ ...all, images, annotations }))
  }
  const { config } = loadRunConfig(fromRoot('configs/shapes/lora.yaml'))
  const clipWeights = clip.file('clip-b32.pt')
  const path = join(place, 'photographs.yaml')
  writeFileSync(
    path,
    toYaml({
      ...config,
      name: 'photographs',
      data: { root: join(place, 'world') },
      encoder: { ...config.encoder, weights: clipWeights },
      decoder: { ...config.decoder, weights: decoder.file('pytorch_model.bin'), vocabulary: join(data!, 'vocabulary') },
      cross_attention: { ...config.cross_attention, width: 768 },
      peft: { type: 'lora', rank: 16, alpha: 32, targets: ['c_attn'], rank_stabilised: false },
      train: { ...config.train, epochs: 1, images: 8, captions: 4, lr: 1e-4, warmup: 2 },
      evaluate: {
        ...config.evaluate,
        subset: 16,
        clip: { weights: clipWeights, vocabulary: join(data!, 'vocabulary/bpe_simple_vocab_16e6.txt.gz') },
      },
    }),
  )
  return path
}

/** Runs `captune ...args` and gives the most memory in bytes that it took. Throws where it fails. */
async function peakOf(args: readonly string[], runs: string): Promise<number> {
  const child = spawn(fromRoot('captune'), args, {
    env: { ...process.env, CAPTUNE_RUNS: runs },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  let peak = 0
  let code: number | null | undefined
  void ended.then((ended) => (code = ended ?? -1))
  while (code === undefined) {
    peak = Math.max(peak, residentPeak(child.pid!))
    await wait(100)
  }
  if (code !== 0) throw new Error(`captune ${args.join(' ')} ended with ${code}: ${said.trim().split('\n').at(-1) ?? ''}`)
  process.stderr.write(`... captune ${args[0]!}: ${(peak / gibibytes).toFixed(2)} GiB\n`)
  return peak
}

/** The kernel's own high-water mark; 0 where the process has just ended. */
function residentPeak(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}
