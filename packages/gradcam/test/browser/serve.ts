/** @file The server of browser tests: the bundled page, its data, and a place to send answers to. Loopback only. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/** The page's script by its parts, with everything that it imports but the runtime's WebAssembly, which is served beside it. */
async function bundle(entry: string): Promise<Record<string, string>> {
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    build: { write: false, minify: false, target: 'es2023', lib: { entry, formats: ['es'], fileName: 'page' } },
  })
  const parts = (Array.isArray(result) ? result : [result]).flatMap((each) => ('output' in each ? each.output : []))
  return Object.fromEntries(parts.flatMap((part) => (part.type === 'chunk' ? [[`/${part.fileName}`, part.code]] : [])))
}

const runtimeFolder = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'))

type Files = Readonly<Record<string, Uint8Array | string>>

export interface Served {
  url: string
  /** What the page sends when it is done. */
  answer: Promise<string>
  close(): void
}

/**
 * Serves a page with files by their paths.
 *
 * @param entry the page's script
 * @param files those that are asked for by URL; a function where they must know the server's own
 */
export async function servePage(entry: URL, files: Files | ((origin: string) => Promise<Files>)): Promise<Served> {
  const code = await bundle(fileURLToPath(entry))
  let served: Files = {}
  let settle: { done: (body: string) => void; failed: (reason: Error) => void } | undefined
  const answer = new Promise<string>((done, failed) => (settle = { done, failed }))
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://127.0.0.1').pathname)
    const send = (body: Uint8Array | string, type: string): void => {
      response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' })
      response.end(body)
    }
    if (request.method === 'POST') {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () => {
        send('', 'text/plain')
        const body = Buffer.concat(parts).toString('utf8')
        if (path === '/done') settle?.done(body)
        else settle?.failed(new Error(`the page failed: ${body}`))
      })
    } else if (path === '/')
      send('<!doctype html><meta charset="utf-8"><title>test</title><script type="module" src="/page.js"></script>', 'text/html')
    else if (code[path] !== undefined) send(code[path], 'text/javascript')
    else if (served[path] !== undefined) send(served[path], path.endsWith('.json') ? 'application/json' : 'application/octet-stream')
    else if (path.startsWith('/ort/')) {
      const file = basename(path)
      send(readFileSync(join(runtimeFolder, file)), file.endsWith('.wasm') ? 'application/wasm' : 'text/javascript')
    } else {
      response.writeHead(404)
      response.end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  served = typeof files === 'function' ? await files(`http://127.0.0.1:${port}`) : files
  return { url: `http://127.0.0.1:${port}/`, answer, close: () => server.closeAllConnections() ?? server.close() }
}
