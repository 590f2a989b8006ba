// A real browser for tests: headless Chromium, spoken to over its debugging pipe, so that nothing but the browser itself is needed.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

const names = ['chromium', 'chromium-browser', 'google-chrome']

/** The browser's command where there is one. */
export const chromium: string | undefined = names.find((name) => spawnSync(name, ['--version'], { timeout: 10_000 }).status === 0)

export interface Page {
  /** The value of an expression in the page. */
  evaluate(expression: string): Promise<unknown>
  /** Presses a key: `Tab`, `ArrowRight`, `Escape`. */
  press(key: string): Promise<void>
  /** Moves the mouse to a point of the window. */
  pointAt(x: number, y: number): Promise<void>
  /** A PNG of the window. */
  screenshot(): Promise<Buffer>
  /** Errors: what the page threw, and what the browser refused. */
  readonly complaints: readonly string[]
  close(): Promise<void>
}

interface Message {
  readonly id?: number
  readonly method?: string
  readonly sessionId?: string
  readonly params?: unknown
  readonly result?: Record<string, unknown>
  readonly error?: unknown
}

/** Opens `url` in a window of the given width. Without a network: the browser is told to reach nothing. */
export async function openPage(url: string, { width = 1000, height = 800 } = {}): Promise<Page> {
  const profile = mkdtempSync(join(tmpdir(), 'captune-browser-'))
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--remote-debugging-pipe', `--user-data-dir=${profile}`]
  const child = spawn(chromium!, [...flags, '--proxy-server=127.0.0.1:9', `--window-size=${width},${height}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  })
  const exited = new Promise<void>((resolve) => child.on('exit', () => resolve()))
  const complaints: string[] = []
  const waiting = new Map<number, (message: Message) => void>()
  const events = new Map<string, () => void>()
  listen(child.stdio[4] as Readable, (message) => {
    if (message.id !== undefined) waiting.get(message.id)?.(message)
    else if (isError(message)) complaints.push(JSON.stringify(message.params))
    else events.get(message.method ?? '')?.()
  })

  let last = 0
  async function send(method: string, params: object = {}, sessionId?: string): Promise<Record<string, unknown>> {
    const id = ++last
    const answered = new Promise<Message>((resolve) => waiting.set(id, resolve))
    ;(child.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, sessionId })}\0`)
    const { result, error } = await answered
    if (error !== undefined) throw new Error(`${method}: ${JSON.stringify(error)}`)
    return result ?? {}
  }

  const { targetId } = await send('Target.createTarget', { url: 'about:blank', width, height, newWindow: true })
  const { sessionId } = (await send('Target.attachToTarget', { targetId, flatten: true })) as { sessionId: string }
  const inPage = (method: string, params: object = {}) => send(method, params, sessionId)
  for (const domain of ['Page', 'Runtime', 'Log']) await inPage(`${domain}.enable`)
  const loaded = new Promise<void>((resolve) => events.set('Page.loadEventFired', resolve))
  await inPage('Page.navigate', { url })
  await loaded

  return {
    complaints,
    evaluate: async (expression) => {
      const { result } = (await inPage('Runtime.evaluate', { expression, returnByValue: true })) as { result: { value: unknown } }
      return result.value
    },
    press: async (key) => {
      const code = { Tab: 9, Escape: 27, ArrowLeft: 37, ArrowRight: 39 }[key] ?? 0
      for (const type of ['keyDown', 'keyUp'])
        await inPage('Input.dispatchKeyEvent', { type, key, code: key, windowsVirtualKeyCode: code })
    },
    pointAt: async (x, y) => {
      await inPage('Input.dispatchMouseEvent', { type: 'mouseMoved', x, y })
    },
    screenshot: async () => Buffer.from(((await inPage('Page.captureScreenshot')) as { data: string }).data, 'base64'),
    close: async () => {
      await send('Browser.close').catch(() => child.kill())
      await exited
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

function isError({ method, params }: Message): boolean {
  const { entry } = (params ?? {}) as { entry?: { level: string } }
  return method === 'Runtime.exceptionThrown' || (method === 'Log.entryAdded' && entry?.level === 'error')
}

/** Messages end with a zero byte. */
function listen(stream: Readable, receive: (message: Message) => void): void {
  let rest = ''
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    const messages = (rest + chunk).split('\0')
    rest = messages.pop() ?? ''
    for (const message of messages) receive(JSON.parse(message) as Message)
  })
}
