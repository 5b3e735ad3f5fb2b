/** @file Gets a fresh clone ready with nothing but Node and npm: checks the version, installs what is missing, builds. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Runs a program of the workspace in the repository's root, its output shown.
 *
 * @param {string} program a name on the PATH or in node_modules/.bin
 * @param {readonly string[]} args
 * @returns {boolean} whether it succeeded
 */
export function run(program, args) {
  const local = `${root}node_modules/.bin/${program}`
  // npm's own programs are scripts that only a shell can start on Windows.
  const shell = process.platform === 'win32'
  const { status, error } = spawnSync(existsSync(local) ? local : program, [...args], { cwd: root, stdio: 'inherit', shell })
  if (error) console.error(`${program}: ${error.message}`)
  return status === 0
}

/**
 * Versions by install path, without the packages that only some platforms get.
 *
 * @param {string} file a lock file
 * @returns {Map<string, string>}
 */
function versions(file) {
  /** @type {{ packages: Record<string, { version?: string, optional?: boolean, devOptional?: boolean, link?: boolean }> }} */
  const { packages } = JSON.parse(readFileSync(file, 'utf8'))
  const installed = Object.entries(packages).filter(
    ([path, p]) => path.includes('node_modules/') && !p.optional && !p.devOptional && !p.link,
  )
  return new Map(installed.map(([path, p]) => [path, p.version ?? '']))
}

/** Whether node_modules holds what package-lock.json asks for. */
function isInstalled() {
  const installed = `${root}node_modules/.package-lock.json`
  if (!existsSync(installed)) return false
  const present = versions(installed)
  return [...versions(`${root}package-lock.json`)].every(([path, version]) => present.get(path) === version)
}

/** Whether this Node is recent enough for the workspace. */
function isNodeRecent() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  return major > 20 || (major === 20 && minor >= 19)
}

/** Removes what earlier builds made of sources that have moved: it would be packed. */
function removeStale() {
  for (const name of readdirSync(`${root}packages`)) {
    const at = `${root}packages/${name}/`
    for (const file of readdirSync(`${at}dist`, { recursive: true, encoding: 'utf8' })) {
      const source = file.replace(/(?:\.d)?\.[jt]s$/, '.ts')
      if (source !== file && !existsSync(`${at}src/${source}`)) rmSync(`${at}dist/${file}`)
    }
  }
}

/**
 * Installs and builds; messages on stderr.
 *
 * @returns {boolean} whether the workspace is ready
 */
export function setup() {
  if (!isNodeRecent()) {
    console.error(
      `gradcam needs Node 20.19 or newer, this is ${process.versions.node}\n  hint: install a current Node from https://nodejs.org`,
    )
    return false
  }
  if (!isInstalled()) {
    console.error('installing packages …')
    if (!run('npm', ['ci', '--no-fund', '--no-audit'])) return false
  }
  if (!run('tsc', ['-b'])) return false
  removeStale()
  return run('node', ['scripts/bundle.mjs'])
}
