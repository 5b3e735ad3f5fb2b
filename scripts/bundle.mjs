/** @file Bundles the built library into packages/gradcam/bundle: a program that imports some 350 modules starts noticeably later. */
import { rmSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { rolldown } from 'rolldown'
import { root } from './setup.mjs'

const entries = ['index', 'node/index', 'web/index']

const at = `${root}packages/gradcam/`
rmSync(`${at}bundle`, { recursive: true, force: true })
const build = await rolldown({
  input: Object.fromEntries(entries.map((name) => [name, `${at}dist/${name}.js`])),
  platform: 'neutral',
  // other packages are imported as before
  external: (name) => !isAbsolute(name) && !name.startsWith('.'),
})
await build.write({
  dir: `${at}bundle`,
  format: 'esm',
  chunkFileNames: '[name].js',
  codeSplitting: { groups: [{ name: 'core', minShareCount: 2 }] },
})
await build.close()
