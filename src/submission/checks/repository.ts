// Rules about what is committed.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { advise, fail, pass, type Check } from '../check.ts'
import { git } from '../git.ts'
import { largestCommitted } from '../submission.ts'

const noGit = advise('this is no git repository', 'The course collects a repository: git init, and push.')

export const reportIsThere: Check = {
  name: 'the report is there as hw3_<studentID>.pdf',
  stake: 'the report',
  look({ root, tracked }) {
    const reports = readdirSync(root).filter((name) => /^hw3_.+\.pdf$/i.test(name))
    const [report] = reports
    if (report === undefined) return fail('no hw3_<studentID>.pdf in the root', 'Put the report there under this name.')
    if (reports.length > 1) return fail(reports.join(', '), 'One report is needed.')
    if (!/^hw3_[A-Za-z]?\d+\.pdf$/.test(report)) return advise(report, 'Is this your student ID? hw3_r12345678.pdf, say.')
    return tracked === undefined || tracked.includes(report)
      ? pass(report)
      : fail(`${report} is not committed`, `git add ${report}`)
  },
}

export const filesAreSmall: Check = {
  name: 'no committed file is larger than 50 MB',
  stake: 'everything',
  look({ root, tracked }) {
    if (tracked === undefined) return noGit
    const large = tracked.filter((path) => (statSync(join(root, path), { throwIfNoEntry: false })?.size ?? 0) > largestCommitted)
    return large.length === 0
      ? pass(`${tracked.length} files`)
      : fail(large.join(', '), 'Host it elsewhere: captune submit --url NAME=LINK.')
  },
}

export const dataIsNotCommitted: Check = {
  name: 'the data set is not committed',
  stake: 'everything',
  look({ tracked }) {
    if (tracked === undefined) return noGit
    const data = tracked.filter((path) => /(^|\/)p[123]_data\//.test(path))
    return data.length === 0
      ? pass('no p1_data, p2_data, p3_data')
      : fail(`${data.length} files of it, ${data[0]!} first`, 'git rm -r --cached that folder.')
  },
}

export const everythingIsPushed: Check = {
  name: 'everything is committed and pushed',
  stake: 'everything',
  look({ root, tracked }) {
    if (tracked === undefined) return noGit
    const changed = lines(git(root, 'status', '--porcelain'))
    if (changed.length > 0)
      return advise(
        `${changed.length} files changed or new: ${named(changed.map((line) => line.slice(3)))}`,
        'Commit what belongs to the submission.',
      )
    const ahead = git(root, 'rev-list', '--count', '@{upstream}..HEAD')?.trim()
    if (ahead === undefined) return advise('this branch was never pushed', 'git push')
    return ahead === '0'
      ? pass('as on the server')
      : advise(`not pushed: ${ahead} ${ahead === '1' ? 'commit' : 'commits'}`, 'git push')
  },
}

export const pythonIsReplaced: Check = {
  name: 'the scripts run python3, as the course asks',
  stake: 'problems 1 and 2',
  look: ({ root }) =>
    existsSync(join(root, 'hw3_1.sh'))
      ? fail('they run TypeScript by Node', 'The course asks for Python: ask its teaching assistants before you submit this.')
      : fail('there are no scripts', 'Take them from the repository of Captune.'),
}

const lines = (text: string | undefined): string[] => (text ?? '').split('\n').filter((line) => line !== '')
const named = (paths: readonly string[]): string => paths.slice(0, 3).join(', ') + (paths.length > 3 ? ', ...' : '')
