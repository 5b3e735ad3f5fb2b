/** @file Generates docs/methods/README.md and the pictures of the methods' pages and of docs/size.md: `npm run docs:methods`, or `node scripts/methods.mjs lime size` for some of them. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { openDrawing } from './drawing.mjs'
import { root } from './setup.mjs'

/** @typedef {{ name: string, title: string, family: string, source: string, cost: string }} Method */

const families = /** @type {const} */ ([
  ['cam', 'Class activation maps', 'They look at a feature layer: which of its places speak for the target? Coarse and steady.'],
  ['saliency', 'Pixel gradients', 'They look at the image through gradients: which pixels would move the score? Fine and noisy.'],
  ['perturbation', 'Perturbation', 'They look from outside: change the image, watch the score. No gradients, many runs.'],
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
    '# Methods\n\nGenerated from the table in `packages/gradcam/src/method` by `npm run docs:methods`; `gradcam methods`\nprints the same list. Each name leads to its formula, options and advice.'
  return `${[head, ...sections].join('\n\n')}\n`
}

/**
 * Methods that a classifier cannot show, and what shows them.
 *
 * @type {Record<string, import('./drawing.mjs').Drawing>}
 */
const others = {
  'd-rise': { photo: 'coffee.png', model: '../shared/models/detection-fastestdet', options: { target: 'box:cup' } },
}

/** Draws every method, the embedded network on a photo that it knows unless the method needs another; or those that are named. */
async function drawAll() {
  const { methods } = await import('../packages/gradcam/dist/index.js')
  writeFileSync(`${root}docs/methods/README.md`, methodsPage(methods))
  mkdirSync(`${root}docs/images/methods`, { recursive: true })
  const { draw, close } = await openDrawing()
  const wanted = process.argv.slice(2)
  for (const { name } of methods.filter((method) => wanted.length === 0 || wanted.includes(method.name))) {
    const { options, ...drawing } = others[name] ?? { photo: 'coffee.png', options: { target: 'espresso' } }
    await draw(`methods/${name}`, { ...drawing, options: { method: name, ...options } })
  }
  if (wanted.length === 0 || wanted.includes('size'))
    for (const size of [224, 448]) await draw(`size-${size}`, { photo: 'coffee.png', size, options: { target: 'espresso' } })
  await close()
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await drawAll()
