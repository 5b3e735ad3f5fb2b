/** @file An npm registry on this machine: it serves the packages of this workspace, and sends for all others to the usual one. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { npm, root } from './npm.ts'

interface Packed {
  name: string
  version: string
  filename: string
  integrity: string
  files: { path: string }[]
}

export interface Registry {
  url: string
  packed: readonly Packed[]
}

/** Packs the workspace's packages into a folder and serves them until the tests are done. */
export async function serveWorkspace(folder: string): Promise<Registry> {
  const { stdout: usual } = await npm(root, ['config', 'get', 'registry'])
  const { stdout } = await npm(root, ['pack', '--workspaces', '--json', `--pack-destination=${folder}`])
  const packed = Object.values(JSON.parse(stdout) as Record<string, Packed>)
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '/').slice(1)
    const entry = packed.find(({ name, filename }) => path === name || path === filename)
    if (!entry) response.writeHead(302, { location: `${usual.trim()}${(request.url ?? '').slice(1)}` }).end()
    else if (path === entry.filename) response.end(readFileSync(join(folder, path)))
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(describe(entry)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterAll(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`

  /** What a registry says of a package. */
  const describe = ({ name, version, filename, integrity }: Packed): unknown => {
    const short = name === 'gradcam' ? name : name.replace('gradcam-', '')
    const manifest: unknown = JSON.parse(readFileSync(join(root, 'packages', short, 'package.json'), 'utf8'))
    return {
      name,
      'dist-tags': { latest: version },
      versions: { [version]: { ...(manifest as object), dist: { tarball: url + filename, integrity } } },
    }
  }
  return { url, packed }
}
