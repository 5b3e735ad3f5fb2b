/** @file Runs npm and Node as a person would who has never seen this workspace. */
import { spawn } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { finished, type Result } from '../command.ts'

export const root = fileURLToPath(new URL('../../../../', import.meta.url))

/** Without what npm tells its own children: `npm test` is one of them. */
const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)))
const quiet = {
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_update_notifier: 'false',
  npm_config_prefer_offline: 'true',
}

/** Runs a program in a folder. Its installation scripts, which only download libraries for GPUs, do not run. */
export function run(program: string, folder: string, args: readonly string[], settings: Readonly<Record<string, string>> = {}) {
  const env = { ...own, ...quiet, npm_config_ignore_scripts: 'true', ...settings, NO_COLOR: '1' }
  // npm's own programs are scripts that only a shell can start on Windows
  const shell = process.platform === 'win32' && program !== process.execPath
  return finished(spawn(program, [...args], { cwd: folder, env, shell, stdio: ['ignore', 'pipe', 'pipe'] }))
}

export const npm = (folder: string, args: readonly string[], settings?: Readonly<Record<string, string>>): Promise<Result> =>
  run('npm', folder, args, settings)

/** Settings for npm that keep what npx installs in `folder`, and share what was downloaded before. */
export async function ownCache(folder: string): Promise<Record<string, string>> {
  const cache = join(folder, 'cache')
  const { stdout } = await npm(folder, ['config', 'get', 'cache'])
  mkdirSync(join(stdout.trim(), '_cacache'), { recursive: true })
  mkdirSync(cache, { recursive: true })
  symlinkSync(join(stdout.trim(), '_cacache'), join(cache, '_cacache'), 'junction')
  return { npm_config_cache: cache }
}
