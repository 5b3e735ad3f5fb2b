/** @file Generates docs/methods/README.md and the pictures of the methods' pages: `npm run docs:methods`. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { root } from './setup.mjs'

/** @typedef {{ name: string, title: string, family: string, source: string, cost: string }} Method */

const families = /** @type {const} */ ([
  ['cam', 'Class activation maps', 'They look at a feature layer: which of its places speak for the target? Coarse and steady.'],
  ['saliency', 'Pixel gradients', 'They look at the picture through gradients: which pixels would move the score? Fine and noisy.'],
  ['perturbation', 'Perturbation', 'They look from outside: change the picture, watch the score. No gradients, many runs.'],
])

/**
 * The list of all methods. The same table gives the same text.
 *
 * @param {readonly Method[]} methods
 */
export function methodsPage(methods) {
  const sections = families.map(([family, title, about]) => {
    const rows = methods
      .filter((method) => method.family === family)
      .map(({ name, title: long, cost, source }) => `| [${name}](${name}.md) | ${long} | ${cost} | ${source} |`)
    return [`## ${title}`, '', about, '', '| name | method | cost in forward passes | source |', '|---|---|---|---|', ...rows].join('\n')
  })
  const head =
    '# Methods\n\nGenerated from the table in `packages/gradcam/src/method` by `npm run docs:methods`; `gradcam methods` prints the same list. Each name leads to its formula, options and advice.'
  return `${[head, ...sections].join('\n\n')}\n`
}

/** Draws every method with the embedded network on a photo that it knows. */
async function drawAll() {
  const { methods } = await import('../packages/gradcam/dist/index.js')
  const { load } = await import('../packages/gradcam/dist/node/index.js')
  const { embedded } = await import('../packages/models/dist/index.js')
  const sharp = (await import('sharp')).default
  writeFileSync(`${root}docs/methods/README.md`, methodsPage(methods))
  mkdirSync(`${root}docs/images/methods`, { recursive: true })
  const network = await load(embedded.directory)
  const wanted = process.argv.slice(2)
  for (const { name } of methods.filter((method) => wanted.length === 0 || wanted.includes(method.name))) {
    const started = performance.now()
    const why = await network.explain(`${root}examples/photos/coffee.png`, { method: name, target: 'espresso' })
    const { width, height, data } = await why.overlay({ title: false }).pixels()
    const picture = sharp(data, { raw: { width, height, channels: 3 } }).resize({ width: 440 })
    writeFileSync(`${root}docs/images/methods/${name}.webp`, await picture.webp({ quality: 80, effort: 6 }).toBuffer())
    console.log(`${name}: ${((performance.now() - started) / 1000).toFixed(1)} s`)
  }
  await network.close()
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await drawAll()
