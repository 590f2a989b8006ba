import { tmpdir } from 'node:os'
import { describe, expect, it } from 'vitest'
import { fromRoot } from '../../../src/base/files.ts'
import { reportFolder, rootCopy } from '../../../src/cli/report-folder.ts'

describe("a report's PDF", () => {
  it("is copied into the repository's root from a report in the checkout, and from no other", () => {
    expect(rootCopy(reportFolder(undefined), 'hw3_r12345678.pdf')).toBe(fromRoot('hw3_r12345678.pdf'))
    expect(rootCopy(reportFolder(tmpdir()), 'hw3_r12345678.pdf')).toBeUndefined()
  })
})
