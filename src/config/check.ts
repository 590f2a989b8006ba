// A tree against its schema: ajv decides, this file says it in the user's words. No sentence of ajv reaches the user.
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { didYouMean, nearest, shown, type Problem } from './problems.ts'
import { branchFor, isMapping, neededBy, optionsOf, variantsOf, type Option, type Schema } from './schema.ts'
import { keyText, placeOf, pointerTo, type Tree } from './tree.ts'

const compiled = new WeakMap<Schema, ValidateFunction>()

function validator(schema: Schema): ValidateFunction {
  const known = compiled.get(schema)
  if (known !== undefined) return known
  const ajv = new Ajv({ allErrors: true, verbose: true, discriminator: true, messages: false, formats: { path: true } })
  ajv.addVocabulary(['needed', 'shorthand', 'argument'])
  const validate = ajv.compile(schema)
  compiled.set(schema, validate)
  return validate
}

/** Everything about the tree that the schema does not allow; empty where it fits. */
export function check(schema: Schema, tree: Tree): Problem[] {
  const validate = validator(schema)
  if (validate(tree.value)) return []
  const errors = validate.errors ?? []
  return errors.filter((error) => !isPartOfAnother(error, errors)).map((error) => problemOf(schema, tree, error))
}

/** Of a union and of a rule about names only the whole is told, not why each part of it failed. */
function isPartOfAnother(error: ErrorObject, errors: readonly ErrorObject[]): boolean {
  return errors.some(
    ({ keyword, schemaPath }) =>
      (keyword === 'anyOf' || keyword === 'propertyNames') && error.schemaPath.startsWith(`${schemaPath}/`),
  )
}

function problemOf(schema: Schema, tree: Tree, error: ErrorObject): Problem {
  const params = error.params as Record<string, string | number | undefined>
  const rule = (error.parentSchema ?? {}) as Schema
  const at = error.instancePath
  const inner = params['additionalProperty'] ?? params['missingProperty'] ?? params['propertyName']
  const pointer = inner === undefined ? at : pointerTo(at, inner)
  const place = placeOf(tree, pointer)
  const key = keyText(tree.value, pointer)
  switch (error.keyword) {
    case 'additionalProperties':
      return { place, sentence: unknownOption(schema, key, at === '' ? tree.value : error.data) }
    case 'required':
      return { place, sentence: `"${key}" is missing; ${neededBy(rule.properties?.[String(inner)] ?? kindsOf(rule))} is needed` }
    case 'propertyNames':
      return { place, sentence: `${shown(inner)} is no name for it; ${neededBy(error.schema as Schema)} is needed` }
    case 'discriminator':
      return variantProblem(tree, pointer, rule)
    case 'uniqueItems':
      return {
        place,
        sentence: `"${key}" has ${shown((error.data as unknown[])[Number(params['i'])])} twice; each once is needed`,
      }
    default:
      return { place, sentence: badValue(key, error.data, rule) }
  }
}

function badValue(key: string, value: unknown, rule: Schema): string {
  const hint = typeof value === 'string' && rule.enum !== undefined ? nearest(value, rule.enum) : ''
  return `"${key}" is ${shown(value)}; ${neededBy(rule)} is needed${hint}`
}

function variantProblem(tree: Tree, pointer: string, rule: Schema): Problem {
  const tag = rule.discriminator?.propertyName ?? ''
  const holder = pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((inside, key) => (isMapping(inside) ? inside[key] : undefined), tree.value)
  const value = isMapping(holder) ? holder[tag] : undefined
  const tagPointer = pointerTo(pointer, tag)
  const key = keyText(tree.value, tagPointer)
  const words = kindsOf(rule)
  const missing = `"${key}" is missing; ${neededBy(words)} is needed`
  return { place: placeOf(tree, tagPointer), sentence: value === undefined ? missing : badValue(key, value, words) }
}

function kindsOf(union: Schema): Schema {
  return { type: 'string', enum: variantsOf(union) }
}

/** The sentence for a key that nothing knows: where it belongs, or what was probably meant. `holder` is the mapping that has it. */
export function unknownOption(schema: Schema, key: string, holder?: unknown): string {
  const options = optionsOf(schema)
  const elsewhere = options.filter((option) => option.key === key && option.variant !== undefined)
  if (elsewhere.length > 0 && isMapping(holder)) return ofAnotherType(key, elsewhere, holder)
  const section = key.slice(0, key.lastIndexOf('.') + 1)
  const beside = options.filter(
    (option) => option.key === section + lastPart(option.key) && fits(option, schema, section, holder),
  )
  const sameName = new Set(options.map((option) => option.key).filter((known) => lastPart(known) === lastPart(key)))
  return `unknown option "${key}"${
    nearest(
      lastPart(key),
      beside.map((option) => lastPart(option.key)),
      section,
    ) || didYouMean([...sameName])
  }`
}

function ofAnotherType(key: string, elsewhere: readonly Option[], holder: Record<string, unknown>): string {
  const kinds = elsewhere.map((option) => option.variant).join(' and ')
  const tag = lastPart(elsewhere[0]!.tag!)
  return `"${key}" belongs to ${tag} ${kinds}; this config's ${tag} is ${String(holder[tag])}`
}

/** Whether an option may stand where the unknown one stood: of the variant chosen there, if the section has variants. */
function fits(option: Option, schema: Schema, section: string, holder: unknown): boolean {
  if (option.variant === undefined || !isMapping(holder)) return true
  const union = optionsOf(schema).find((candidate) => `${candidate.key}.` === section)?.schema
  const branch = union === undefined ? undefined : branchFor(union, holder)
  return (
    branch?.properties?.[lastPart(option.tag!)] === undefined ||
    branch.properties[lastPart(option.tag!)]!.const === option.variant
  )
}

function lastPart(key: string): string {
  return key.slice(key.lastIndexOf('.') + 1)
}
