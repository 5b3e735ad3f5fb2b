/** @file The Python environment that networks are built in: GRADCAM_TRY_PYTHON, or one in the user's cache, made once. */
import { spawnSync } from 'node:child_process'
import { copyFile, readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** @param {string} here the folder of requirements.txt @returns {Promise<string>} the interpreter */
export async function environment(here) {
  if (process.env.GRADCAM_TRY_PYTHON) return process.env.GRADCAM_TRY_PYTHON
  const place = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'gradcam/try-models-python')
  const python = join(place, 'bin/python')
  const wanted = join(here, 'requirements.txt')
  const there = join(place, 'installed.txt')
  if ((await readFile(there, 'utf8').catch(() => '')) === (await readFile(wanted, 'utf8'))) return python
  run('python3', '-m', 'venv', '--clear', place)
  run(python, '-m', 'pip', 'install', '--quiet', '--no-cache-dir', '--requirement', wanted)
  // it asks for an older onnx than the others do, and needs none
  run(python, '-m', 'pip', 'install', '--quiet', '--no-cache-dir', '--no-deps', 'paddle2onnx==2.1.0')
  await copyFile(wanted, there)
  return python
}

/** @param {string} program @param {readonly string[]} words */
function run(program, ...words) {
  const { status } = spawnSync(program, words, { stdio: 'inherit' })
  if (status !== 0) throw new Error(`${[program, ...words].join(' ')} failed`)
}
