// The kinds of configuration files: a captioner's run and a classification. Each has its list of options and rules between them.
import { UserError } from '../base/errors.ts'
import type { ClassifyConfig } from './classify-config.ts'
import type { RunConfig } from './run-config.ts'
import { classifySchema, isMapping, runSchema, type Schema } from './schema.ts'
import { classifyRules, runRules, type Rule } from './sensible.ts'
import type { Tree } from './tree.ts'

export interface ConfigKind<Config extends object> {
  /** What such a file is called in sentences. */
  readonly title: string
  readonly schema: () => Schema
  readonly rules: readonly Rule<Config>[]
}

export const runKind: ConfigKind<RunConfig> = { title: "a run's config", schema: runSchema, rules: runRules }

export const classifyKind: ConfigKind<ClassifyConfig> = {
  title: "a classification's config",
  schema: classifySchema,
  rules: classifyRules,
}

/** The kind that knows more of a file's sections; `otherwise` where both know as many. */
export function kindOfConfig({ value }: Tree, otherwise: ConfigKind<never> = runKind): ConfigKind<never> {
  const sections = isMapping(value) ? Object.keys(value) : []
  const known = (kind: ConfigKind<never>) => sections.filter((key) => Object.hasOwn(kind.schema().properties ?? {}, key)).length
  const more = known(runKind) - known(classifyKind)
  return more > 0 ? runKind : more < 0 ? classifyKind : otherwise
}

/** Throws UserError where a file is clearly of another kind than `kind`: one sentence in place of one for each of its options. */
export function requireKind(kind: ConfigKind<never>, tree: Tree, path: string): void {
  const found = kindOfConfig(tree, kind)
  if (found !== kind) throw new UserError(`${path}: this is ${found.title}; ${kind.title} is needed.`)
}
