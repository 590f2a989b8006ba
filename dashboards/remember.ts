// What views derive from the model is derived once and kept until the model's part changes: a frame costs what is new in it.

/** The same result for the same arguments as last time. */
export function remembering<Arguments extends readonly unknown[], Result>(derive: (...given: Arguments) => Result) {
  let last: { readonly given: Arguments; readonly result: Result } | undefined
  return (...given: Arguments): Result => {
    if (last?.given.every((argument, i) => Object.is(argument, given[i])) !== true) last = { given, result: derive(...given) }
    return last.result
  }
}
