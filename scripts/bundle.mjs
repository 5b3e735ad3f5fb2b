/** @file Bundles the built library into packages/gradcam/bundle: a program that imports some 450 modules starts noticeably later. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { rolldown } from 'rolldown'
import { root } from './setup.mjs'

const entries = ['index', 'node/index', 'node/worker', 'web/index']
// needed in part, loaded when they are, or with files of their own
const apart = /^(node:|onnxruntime-|sharp$|opentype\.js$|@fontsource\/)/

const at = `${root}packages/gradcam/`
rmSync(`${at}bundle`, { recursive: true, force: true })
const build = await rolldown({
  input: Object.fromEntries(entries.map((name) => [name, `${at}dist/${name}.js`])),
  platform: 'neutral',
  resolve: { mainFields: ['module', 'main'] },
  external: apart,
})
const { output } = await build.write({
  dir: `${at}bundle`,
  format: 'esm',
  chunkFileNames: '[name].js',
  codeSplitting: { groups: [{ name: 'core', minShareCount: 2 }] },
})
await build.close()

const modules = output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []))
const folders = new Set(modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id) ?? []))
/** Some packages leave the text out: it is that of their licence, as this repository has it. @type {Record<string, string>} */
const texts = { MIT: `${at}LICENSE`, 'Apache-2.0': `${root}packages/models/embedded/LICENSE` }

const licences = [...folders].sort().map((folder) => {
  const { name, version, license, author } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each))
  const usual = Object.keys(texts).find((each) => license.includes(each)) ?? ''
  const text = readFileSync(file ? `${folder}/${file}` : (texts[usual] ?? ''), 'utf8').trim()
  return `${name} ${version}, ${license}\n\n${file ? text : text.replace(/^Copyright.*$/m, `Copyright (c) ${author?.name ?? `the authors of ${name}`}`)}\n`
})
writeFileSync(`${at}bundle/LICENSES.txt`, `The bundle holds code of these packages.\n\n${licences.join(`\n${'-'.repeat(72)}\n\n`)}`)
