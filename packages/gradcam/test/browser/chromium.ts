/** @file A headless Chromium that opens a page and answers about it: DevTools protocol over a pipe, no port, no profile of a person. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const chromium = process.env['CHROMIUM'] ?? places.find((place) => existsSync(place))

/** Why pages cannot be opened here, or undefined where they can. */
export const missingBrowser = chromium ? undefined : 'needs Chromium: install chromium, or set CHROMIUM'

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  '--remote-debugging-pipe',
]

/** WebGPU by the software adapter that the browser brings along. */
export const softwareWebGpu = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan']

type Message = Readonly<{ id?: number; method?: string; params?: Fields; result?: Fields; error?: Fields; sessionId?: string }>
type Fields = Readonly<Record<string, unknown>>

export interface OpenPage {
  /** Everything that was asked for, the page itself first. */
  requests: readonly string[]
  /** What the browser complained of. */
  complaints: readonly string[]
  /** The value of an expression in the page, waited for. */
  evaluate(expression: string): Promise<unknown>
  /** Fails as soon as the browser has ended, whoever ended it. */
  ended: Promise<never>
  /** PNG of the whole page. */
  screenshot(dark?: boolean): Promise<Uint8Array>
  close(): Promise<void>
}

/** Opens a page, by a browser with these flags, too, and waits until it has loaded. */
export async function openPage(url: string, size = { width: 1200, height: 900 }, also: readonly string[] = []): Promise<OpenPage> {
  if (!chromium) throw new Error(missingBrowser)
  const profile = mkdtempSync(join(tmpdir(), 'gradcam-browser-'))
  const child = spawn(chromium, [...flags, ...also, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const failed = ended.then((): never => {
    throw new Error('the browser has ended')
  })
  failed.catch(() => undefined)
  const requests: string[] = []
  const complaints: string[] = []
  let loaded = (): void => undefined
  const load = new Promise<void>((resolve) => (loaded = resolve))
  const send = protocol(child, ({ method, params = {} }) => {
    if (method === 'Network.requestWillBeSent') requests.push((params['request'] as { url: string }).url)
    if (method === 'Log.entryAdded') complaints.push((params['entry'] as { text: string }).text)
    if (method === 'Runtime.exceptionThrown') complaints.push(JSON.stringify(params))
    if (method === 'Page.loadEventFired') loaded()
  })
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' })
  const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true })
  const ask = (method: string, params: Fields = {}): Promise<Fields> => send(method, params, sessionId as string)
  for (const domain of ['Network', 'Log', 'Runtime', 'Page']) await ask(`${domain}.enable`)
  await ask('Emulation.setDeviceMetricsOverride', { ...size, deviceScaleFactor: 1, mobile: false })
  await ask('Page.navigate', { url })
  await Promise.race([load, failed])
  const evaluate = async (expression: string): Promise<unknown> => {
    const answer = await ask('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })
    if (answer['exceptionDetails']) throw new Error(JSON.stringify(answer['exceptionDetails']))
    return (answer['result'] as { value: unknown }).value
  }
  return {
    requests,
    complaints,
    evaluate,
    ended: failed,
    async screenshot(dark = false) {
      await ask('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }] })
      const { data } = await ask('Page.captureScreenshot', { format: 'png', captureBeyondViewport: true })
      return Buffer.from(data as string, 'base64')
    },
    async close() {
      await send('Browser.close').catch(() => undefined)
      await ended
      rmSync(profile, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** Messages are JSON with a zero byte at the end, written to the browser's descriptor 3 and read from its 4. */
function protocol(
  child: ChildProcess,
  heard: (message: Message) => void,
): (method: string, params?: Fields, sessionId?: string) => Promise<Fields> {
  const [to, from] = [child.stdio[3] as Writable, child.stdio[4] as Readable]
  const waiting = new Map<number, { resolve: (result: Fields) => void; reject: (error: Error) => void }>()
  let pending = Buffer.alloc(0)
  from.on('data', (bytes: Buffer) => {
    pending = Buffer.concat([pending, bytes])
    for (let end = pending.indexOf(0); end >= 0; end = pending.indexOf(0)) {
      const message = JSON.parse(pending.subarray(0, end).toString()) as Message
      pending = pending.subarray(end + 1)
      const asked = message.id === undefined ? undefined : waiting.get(message.id)
      if (message.id === undefined) heard(message)
      else if (message.error) asked?.reject(new Error(JSON.stringify(message.error)))
      else asked?.resolve(message.result ?? {})
    }
  })
  const stop = (): void => {
    for (const { reject } of waiting.values()) reject(new Error('the browser has ended'))
  }
  child.once('error', stop)
  child.once('close', stop)
  to.on('error', stop)
  process.once('exit', () => child.kill())
  let last = 0
  return (method, params = {}, sessionId) =>
    new Promise((resolve, reject) => {
      const id = ++last
      waiting.set(id, { resolve, reject })
      to.write(`${JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) })}\0`)
    })
}
