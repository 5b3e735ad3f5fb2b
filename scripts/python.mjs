/** @file Python environments outside the repository: in the user's cache, made once for each list of packages. */
import { spawnSync } from 'node:child_process'
import { copyFile, readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** What is kept between runs. */
export const cacheFolder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'gradcam')

/**
 * The interpreter that a variable names, or that of an environment in the cache, which is made where it is missing or of other packages.
 *
 * @param {string} here the folder of requirements.txt
 * @param {{ name: string, variable: string, apart?: readonly string[] }} about `apart`: packages that need none of those they ask for
 * @returns {Promise<string>} the interpreter
 */
export async function environment(here, { name, variable, apart = [] }) {
  const named = process.env[variable]
  if (named) return named
  const place = join(cacheFolder, name)
  const python = join(place, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  const wanted = join(here, 'requirements.txt')
  const there = join(place, 'installed.txt')
  if ((await readFile(there, 'utf8').catch(() => '')) === (await readFile(wanted, 'utf8'))) return python
  run('python3', '-m', 'venv', '--clear', place)
  run(python, '-m', 'pip', 'install', '--quiet', '--no-cache-dir', '--requirement', wanted)
  for (const each of apart) run(python, '-m', 'pip', 'install', '--quiet', '--no-cache-dir', '--no-deps', each)
  await copyFile(wanted, there)
  return python
}

/** @param {string} program @param {readonly string[]} words */
export function run(program, ...words) {
  const { status } = spawnSync(program, words, { stdio: 'inherit' })
  if (status !== 0) throw new Error(`${[program, ...words].join(' ')} failed`)
}
