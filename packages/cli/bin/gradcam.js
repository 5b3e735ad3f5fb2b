#!/usr/bin/env node
/** @file Starts the built command. */
import { existsSync } from 'node:fs'

const built = new URL('../dist/main.js', import.meta.url)
if (existsSync(built)) {
  const { main } = await import(built.href)
  await main(process.argv.slice(2))
} else {
  process.stderr.write('gradcam: the command is not built yet\n  hint: run `npm run build` in the repository\n')
  process.exitCode = 1
}
