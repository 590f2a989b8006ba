import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { neededFiles } from '../../../src/submission/needed-files.ts'
import { readSubmission, writeSubmission } from '../../../src/submission/submission.ts'

const place = mkdtempSync(join(tmpdir(), 'captune-submission-'))
afterAll(() => rmSync(place, { recursive: true, force: true }))
const path = join(place, 'submission.yaml')
const committed = readSubmission()
const file = {
  name: 'runtime',
  path: 'submission/runtime.tar.gz',
  bytes: 5,
  sha256: 'a'.repeat(64),
  unpack: '.',
  url: 'https://example.org/x?a=1&b=2',
}

describe('a submission', () => {
  it('is read as it was written', () => {
    const submission = { ...committed, files: [file, { ...file, name: 'trained', path: 'submission/é #1.pt' }] }
    writeSubmission(submission, path)
    expect(readSubmission(path)).toEqual(submission)
  })

  it('writes what stands twice in it twice, not as an alias', () => {
    const clip = committed.captions.config.evaluate.clip
    const submission = { ...committed, classes: { ...committed.classes, clip } }
    writeSubmission(submission, path)
    expect(readSubmission(path)).toEqual(submission)
  })

  it('ends in the list of files, each line as hw3_download.sh reads it, the link last', () => {
    writeSubmission({ ...committed, files: [{ ...file, url: file.url, name: file.name }] }, path)
    expect(readFileSync(path, 'utf8')).toMatch(
      /\nfiles:\n {2}- name: runtime\n {4}path: submission\/runtime\.tar\.gz\n {4}bytes: 5\n {4}sha256: a{64}\n {4}unpack: \.\n {4}url: https:\/\/example\.org\/x\?a=1&b=2\n$/,
    )
  })

  it('tells every mistake with its line, those of the configuration inside too', () => {
    writeSubmission(committed, path)
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.replace('a photo of a {object}', 'a photo').replace('minutes: 40', 'minutes: soon'))
    expect(() => readSubmission(path)).toThrow(
      /submission\.yaml:8: "classes\.templates\[0\]" is "a photo"; a text with \{object\} .*\n.*"captions\.minutes" is "soon"; a number /,
    )
    writeFileSync(path, text.replace('bottleneck: 64', 'bottleneck: wide'))
    expect(() => readSubmission(path)).toThrow(
      /submission\.yaml:\d+: "peft\.bottleneck" is "wide"; a whole number from 1 to 8192 is needed$/,
    )
  })

  it('needs each file once, though two models share it', () => {
    expect(neededFiles(committed).map(({ name }) => name)).toEqual(['trained', 'encoder', 'tokens', 'merges', 'clip-vocabulary'])
  })
})
