/** @file The workspace's entry points, each working on a fresh clone: `node scripts/run.mjs build | demo | bench [--peers …] | test [vitest arguments]`. */
import { mkdirSync } from 'node:fs'
import { root, run, setup } from './setup.mjs'
import { test } from './test.mjs'

/** Explains a photo with the embedded network, as the README shows it. */
function demo() {
  mkdirSync(`${root}out`, { recursive: true })
  return run('node', ['packages/cli/bin/gradcam.js', 'explain', 'examples/photos/coffee.png', '-o', 'out/coffee.png'])
}

/** @type {Record<string, (args: string[]) => boolean>} */
const tasks = {
  build: () => setup(),
  demo: () => setup() && demo(),
  bench: (args) => setup() && run('node', ['bench/run.mjs', ...args]),
  test,
}

const [name = '', ...args] = process.argv.slice(2)
const task = tasks[name]
if (task) process.exitCode = task(args) ? 0 : 1
else {
  console.error(`unknown task: ${name}\n  hint: one of ${Object.keys(tasks).join(', ')}`)
  process.exitCode = 2
}
