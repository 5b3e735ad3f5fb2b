/** @file Debian's Chromium, headless, for tests: opens a page of a server on the loopback interface. */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const program = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)

/** Why pages cannot be opened here; undefined where they can. */
export const missingBrowser = program === undefined ? 'needs Chromium: install the package chromium' : undefined

const flags = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', '--hide-scrollbars'],
]

/** Opens a page while `during` runs, then closes the browser. */
export async function withPage<T>(url: string, during: Promise<T>, options: readonly string[] = []): Promise<T> {
  if (!program) throw new Error(missingBrowser)
  const profile = mkdtempSync(join(tmpdir(), 'gradcam-browser-'))
  const browser = spawn(program, [...flags, ...options, `--user-data-dir=${profile}`, '--remote-debugging-port=0', url], {
    stdio: 'ignore',
  })
  const ended = new Promise<void>((resolve) => browser.once('exit', () => resolve()))
  try {
    return await Promise.race([
      during,
      ended.then((): never => {
        throw new Error('the browser ended before the page was done')
      }),
    ])
  } finally {
    browser.kill('SIGKILL')
    await ended
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}
