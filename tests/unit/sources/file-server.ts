// A real HTTP server on this machine that serves one file as well or as badly as a test wants.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach } from 'vitest'

export type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** Starts a server for the test that runs; gives back the address of its root, ending in `/`. */
export async function serve(answer: Answer): Promise<string> {
  const server = createServer(answer)
  open.push(server)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

const open: Server[] = []

afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

/** The first byte that the request asks for. */
export function firstByte({ headers }: IncomingMessage): number {
  return Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0)
}

/** Serves `content` as a good server does: from the byte that is asked for, 416 beyond the end. */
export function wholeFile(content: Uint8Array): Answer {
  return (request, response) => {
    const from = firstByte(request)
    if (request.headers.range === undefined) response.writeHead(200, { 'content-length': content.length })
    else if (from < content.length) response.writeHead(206, rangeHeaders(from, content))
    else response.writeHead(416, { 'content-range': `bytes */${content.length}` })
    response.end(from < content.length ? content.subarray(from) : undefined)
  }
}

/** The same, but each connection breaks after `bytes`. */
export function brokenAfter(bytes: number, content: Uint8Array): Answer {
  return (request, response) => {
    const from = firstByte(request)
    response.writeHead(from === 0 ? 200 : 206, from === 0 ? { 'content-length': content.length } : rangeHeaders(from, content))
    response.write(content.subarray(from, from + bytes), () => {
      if (from + bytes < content.length) response.destroy()
      else response.end()
    })
  }
}

export function rangeHeaders(from: number, content: Uint8Array): Record<string, string | number> {
  return { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}`, 'content-length': content.length - from }
}
