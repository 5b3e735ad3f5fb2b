#!/usr/bin/env node
/** @file `npx gradcam`: starts the command of the package gradcam-cli; where that is not installed, npx fetches it, too. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** @type {{ version: string }} */
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const command = `gradcam-cli@${version}`
const args = process.argv.slice(2)

/** The installed command: beside this package, or in the project that is worked in. @returns {string | undefined} */
function installed() {
  for (const from of [import.meta.url, pathToFileURL(join(process.cwd(), 'package.json'))]) {
    try {
      return createRequire(from).resolve('gradcam-cli')
    } catch {
      // not there
    }
  }
  return undefined
}

/** npm's own script, where npm or npx started this: no shell is needed to start it again. @returns {string | undefined} */
function npm() {
  const started = process.env['npm_execpath'] ?? ''
  const script = join(dirname(started), 'npm-cli.js')
  return /^np[mx]-cli\.js$/.test(basename(started)) && existsSync(script) ? script : undefined
}

const [file, script] = [installed(), npm()]
if (file) {
  const { main } = await import(pathToFileURL(file).href)
  await main(args)
} else if (script && process.env['npm_command'] === 'exec') {
  process.stderr.write(`gradcam: npx fetches the command, ${command}, on its first use\n`)
  const child = spawn(process.execPath, [script, 'exec', '--yes', `--package=${command}`, '--', 'gradcam', ...args], { stdio: 'inherit' })
  // the terminal sends Ctrl-C to both; the command ends in its own way, and its exit code is handed on
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  child.on('exit', (code) => {
    process.exitCode = code ?? 1
  })
} else {
  process.stderr.write('gradcam: this is the library; the command is in the package gradcam-cli\n  hint: npm install gradcam-cli\n')
  process.exitCode = 1
}
