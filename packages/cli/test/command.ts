/** @file Runs the built command as a person would: a process, in a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'

export const bin = fileURLToPath(new URL('../bin/gradcam.js', import.meta.url))
const coffee = fileURLToPath(new URL('../../../examples/photos/coffee.png', import.meta.url))

if (!existsSync(new URL('../dist/main.js', import.meta.url))) throw new Error('the command is not built: run `npm run build` first')

export interface Result {
  code: number | null
  stdout: string
  stderr: string
}

/** A process of the command, with a person's environment but for colours, and CI set: some libraries take that as leave to colour pipes. */
export function start(args: readonly string[], cwd: string, stdin: 'ignore' | 'pipe' = 'ignore'): ChildProcess {
  const env = { ...process.env, NO_COLOR: undefined, FORCE_COLOR: undefined, CI: 'true' }
  return spawn(process.execPath, [bin, ...args], { cwd, env, stdio: [stdin, 'pipe', 'pipe'] })
}

/** All that a process says, and how it ends. */
export async function finished(child: ChildProcess): Promise<Result> {
  const result: Result = { code: null, stdout: '', stderr: '' }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (result.stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (result.stderr += text))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ ...result, code }))
  })
}

export interface Workplace {
  folder: string
  path: (...names: string[]) => string
  /** Runs the command in the folder. */
  run: (...args: string[]) => Promise<Result>
}

/** A folder for one test file, with coffee.png in it; removed at the end. */
export function workplace(): Workplace {
  const folder = mkdtempSync(join(tmpdir(), 'gradcam-cli-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  copyFileSync(coffee, join(folder, 'coffee.png'))
  return { folder, path: (...names) => join(folder, ...names), run: async (...args) => finished(start(args, folder)) }
}
