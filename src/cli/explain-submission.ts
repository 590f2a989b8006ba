// `captune explain configs/submission.yaml`: what the grading scripts run, where graders get it from, and what would be in time.
import { readYamlFile } from '../config/yaml-source.ts'
import { isMapping } from '../config/schema.ts'
import { readSubmission } from '../submission/submission.ts'
import { printClipTimes } from './explain-clips.ts'
import { printFiles } from './submit-files.ts'

/** Whether the file at `path` is a submission and not a run's config. */
export function isSubmission(path: string): boolean {
  const { value } = readYamlFile(path, 'the config', [])
  return isMapping(value) && 'captions' in value && 'classes' in value
}

export async function explainSubmission(path: string, { measure }: { readonly measure: boolean }): Promise<void> {
  const submission = readSubmission(path)
  printFiles(submission)
  const { classes, captions } = submission
  if (measure) await printClipTimes({ root: captions.config.data.root, templates: classes.templates })
}
