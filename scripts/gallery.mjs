/** @file Draws the gallery of the README: `node scripts/gallery.mjs`, or `node scripts/gallery.mjs relevance box` for some of it. */
import { mkdirSync } from 'node:fs'
import { openDrawing } from './drawing.mjs'
import { root } from './setup.mjs'

const models = '../shared/models'
const bare = { legend: false }

/**
 * Small figures that show what can be asked. Networks from beside the repository are where the embedded one has no such output.
 *
 * @type {Record<string, import('./drawing.mjs').Drawing>}
 */
const drawings = {
  'grad-cam': { photo: 'cat-chelsea.png', options: { target: 'Egyptian cat' }, overlay: bare },
  relevance: { photo: 'cat-chelsea.png', options: { target: 'Egyptian cat', method: 'lrp' }, overlay: bare },
  occlusion: { photo: 'coffee.png', options: { target: 'espresso', method: 'occlusion' }, overlay: bare },
  difference: {
    ...{ photo: 'cat-chelsea.png', overlay: bare },
    options: { target: 'difference:Egyptian cat|tiger cat', activation: 'none', normalize: 'symmetric' },
  },
  box: {
    ...{ photo: 'astronaut.png', model: `${models}/detection-fastestdet`, overlay: bare },
    options: { target: 'box:person' },
  },
  region: {
    ...{ photo: 'astronaut.png', model: `${models}/segmentation-pan`, overlay: bare },
    options: { target: 'region:clothes' },
  },
}

mkdirSync(`${root}docs/images/gallery`, { recursive: true })
const { draw, close } = await openDrawing()
const wanted = process.argv.slice(2)
for (const [name, drawing] of Object.entries(drawings))
  if (wanted.length === 0 || wanted.includes(name)) await draw(`gallery/${name}`, drawing)
await close()
