// Rules about the three scripts.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fail, pass, type Check } from '../check.ts'
import { scripts } from '../grading-limits.ts'

/** Commands that change the grader's machine. */
const forbidden = ['rm', 'sudo', 'CUDA_VISIBLE_DEVICES', 'cp', 'mv', 'mkdir', 'cd', 'pip', 'pip3', 'apt', 'apt-get', 'conda']

export const scriptsAreThere: Check = {
  name: 'the three scripts are there and committed',
  stake: 'problems 1 and 2',
  look({ root, tracked }) {
    const missing = scripts.filter((name) => !existsSync(join(root, name)))
    if (missing.length > 0) return fail(`${missing.join(', ')} missing`, 'Take them from the repository of Captune.')
    const untracked = scripts.filter((name) => tracked !== undefined && !tracked.includes(name))
    if (untracked.length > 0) return fail(`${untracked.join(', ')} not committed`, `git add ${untracked.join(' ')}`)
    return pass(scripts.join(', '))
  },
}

export const scriptsUseAllowedCommands: Check = {
  name: 'the scripts use no forbidden command',
  stake: 'problems 1 and 2',
  look({ root }) {
    const found = scripts.flatMap((name) => forbiddenIn(textOf(root, name)).map((word) => `${name} uses ${word}`))
    return found.length === 0
      ? pass(`none of ${forbidden.slice(0, 8).join(', ')}, ...`)
      : fail(found.join('; '), 'Do without it; the program makes folders itself.')
  },
}

/** The forbidden words of a script outside its comments, each once. */
export function forbiddenIn(script: string): string[] {
  const code = withoutComments(script)
  return forbidden.filter((word) => new RegExp(`(?<![\\w.-])${word}(?![\\w.-])`).test(code))
}

export const scriptsAreShell: Check = {
  name: 'the scripts are valid shell',
  stake: 'problems 1 and 2',
  look({ root }) {
    const broken = scripts.flatMap((name) => {
      const { status, stderr } = spawnSync('bash', ['-n', join(root, name)], { encoding: 'utf8' })
      return status === 0 ? [] : [stderr.trim().split('\n')[0] ?? name]
    })
    return broken.length === 0 ? pass('bash -n accepts them') : fail(broken.join('; '), 'Mend the syntax.')
  },
}

export const nothingNamesAPlace: Check = {
  name: 'the scripts and what they run hold no absolute path',
  stake: 'problems 1 and 2',
  look({ root }) {
    const files = [...scripts, 'configs/submission.yaml']
    const found = files.flatMap((name) => absoluteIn(textOf(root, name)).map((path) => `${name}: ${path}`))
    return found.length === 0
      ? pass('everything is found from where the script lies')
      : fail(found.join('; '), 'Another machine has no such folder: train and submit with paths inside the checkout.')
  },
}

/** The absolute paths of a script or a YAML file, the shebang and /dev/null aside. */
export function absoluteIn(text: string): string[] {
  const code = withoutComments(text)
  const paths = [...code.matchAll(/(?<=^|[\s"'=(<>])(?:~|\/[\w.-])[^\s"';)]*/gm)].map(([path]) => path)
  return paths.filter((path) => path !== '/dev/null')
}

/** A # begins a comment at the start of a line or behind white space. */
function withoutComments(script: string): string {
  return script.replaceAll(/(^|\s)#.*$/gm, '$1')
}

function textOf(root: string, name: string): string {
  const path = join(root, name)
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}
