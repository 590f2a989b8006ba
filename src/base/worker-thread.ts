// Starting a thread of this program, from the compiled program and from the sources alike.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { Worker, type ResourceLimits } from 'node:worker_threads'

/**
 * A thread that runs a module of this program: `module` is its path as an import would write it (`./writer-worker.ts`), `from` the
 * importer's `import.meta.url`. From the sources (tests, development) it goes through tsx, because Node 20 reads no TypeScript.
 */
export function startWorker(
  module: `./${string}.ts`,
  from: string,
  workerData: unknown,
  resourceLimits: ResourceLimits = {},
): Worker {
  const options = { workerData, execArgv: [], resourceLimits }
  if (from.endsWith('.js')) return new Worker(new URL(module.replace(/\.ts$/, '.js'), from), options)
  const loader = new URL('./esm/api/index.mjs', pathToFileURL(createRequire(from).resolve('tsx'))).href
  const source = JSON.stringify(new URL(module, from).href)
  const start = `import(${JSON.stringify(loader)}).then((tsx) => tsx.tsImport(${source}, ${source}))`
  return new Worker(start, { ...options, eval: true })
}
