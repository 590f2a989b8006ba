// Typst to PDF inside this process: the compiler is WebAssembly, sees only the files it is given and reaches for no network.
import { createRequire } from 'node:module'
import { createTypstCompiler } from '@myriaddreamin/typst.ts/compiler'
import { loadFonts } from '@myriaddreamin/typst.ts'
import { UserError } from '../base/errors.ts'
import { readBytes } from '../base/files.ts'

/** Path below the report's folder -> content. */
export type Sources = ReadonlyMap<string, string | Uint8Array>

const pdf = 1 // CompileFormatEnum.pdf, which is an enum of the package's
const modulePath = createRequire(import.meta.url).resolve('@myriaddreamin/typst-ts-web-compiler/wasm')

/** The PDF of `main` among `sources`. Throws UserError with file and line where the student's Typst has a mistake. */
export async function compilePdf(main: string, sources: Sources, fonts: readonly Uint8Array[]): Promise<Uint8Array> {
  const compiler = createTypstCompiler()
  await compiler.init({ getModule: compilerModule, beforeBuild: [loadFonts([...fonts], { assets: false })] })
  for (const [path, content] of sources)
    compiler.mapShadow(`/${path}`, typeof content === 'string' ? new TextEncoder().encode(content) : content)
  const { result, diagnostics = [] } = await compiler.compile({ mainFilePath: `/${main}`, format: pdf, diagnostics: 'full' })
  if (result !== undefined) return result
  const mistakes = diagnostics.filter(({ severity }) => severity === 'error')
  throw new UserError(mistakes.map(({ path, range, message }) => `report${path}:${lineOf(range)}: ${message}.`).join('\n'))
}

/** The package hands this to its loader as it is; given the bytes alone, the loader complains on the console. */
const compilerModule = () => ({ module_or_path: readBytes(modulePath) }) as never

/** `2:19-2:24`, counted from 0 -> `3`. */
function lineOf(range: string): number {
  return Number(/^\d+/.exec(range)?.[0] ?? 0) + 1
}
