/** @file Draws explanations for the documentation: one size, WebP, small enough for a page. */
import { existsSync, writeFileSync } from 'node:fs'
import { root } from './setup.mjs'

/** @typedef {import('../packages/gradcam/src/node/index.ts').ExplainOptions} ExplainOptions */
/** @typedef {import('../packages/gradcam/src/core/pixels.ts').Pixels} Pixels */

/**
 * What a picture shows: a photo of `examples/photos` or, with a slash, of elsewhere, and what is asked of which network.
 *
 * @typedef {object} Drawing
 * @property {string} photo
 * @property {string} [model] a folder. Default: the embedded network
 * @property {number} [size] of the network's input
 * @property {string} [reference] a further file that is needed
 * @property {readonly [x: number, y: number, size: number]} [crop] a square of the photo
 * @property {ExplainOptions} options
 * @property {import('../packages/gradcam/src/node/index.ts').OverlayOptions} [overlay] what differs from a figure without title
 */

const width = 440
const maxBytes = 40_000

/**
 * Explains and draws. Networks stay open until `close`.
 */
export async function openDrawing() {
  const { load, readImage } = await import('../packages/gradcam/dist/node/index.js')
  const { embedded } = await import('../packages/models/dist/index.js')
  const sharp = (await import('sharp')).default
  /** @type {Map<string, Promise<import('../packages/gradcam/src/node/index.ts').Network>>} */
  const opened = new Map()

  /** @param {string} folder @param {number} [size] */
  const network = (folder, size) => {
    const key = `${folder} ${size}`
    const found = opened.get(key) ?? load(folder, size === undefined ? {} : { size })
    opened.set(key, found)
    return found
  }

  /**
   * Writes docs/images/<name>.webp.
   *
   * @param {string} name
   * @param {Drawing} drawing
   */
  async function draw(name, { photo, model, size, reference, crop, options, overlay }) {
    const folder = model === undefined ? embedded.directory : `${root}${model}`
    const file = `${root}${photo.includes('/') ? photo : `examples/photos/${photo}`}`
    const needed = [folder, file, ...(reference === undefined ? [] : [`${root}${reference}`])]
    const absent = needed.find((path) => !existsSync(path))
    if (absent !== undefined) {
      console.log(`${name}: not drawn, ${absent.slice(root.length)} is not there; the old picture stays`)
      return
    }
    const started = performance.now()
    const whole = await readImage(file)
    const [explanation] = await (await network(folder, size)).explainAll(crop ? cropped(whole, ...crop) : whole, options)
    if (explanation === undefined) throw new Error(`${name}: nothing was explained`)
    const bytes = await small(await explanation.overlay({ title: false, ...overlay }).pixels())
    writeFileSync(`${root}docs/images/${name}.webp`, bytes)
    const warnings = explanation.warnings.map(({ code }) => code).join(' ')
    console.log(`${name}: ${explanation.label}, ${bytes.length} bytes, ${((performance.now() - started) / 1000).toFixed(1)} s ${warnings}`)
  }

  /** @param {Pixels} pixels */
  async function small({ data, ...raw }) {
    const picture = sharp(data, { raw }).resize({ width })
    for (let quality = 80; ; quality -= 10) {
      const bytes = await picture.clone().webp({ quality, effort: 6 }).toBuffer()
      if (bytes.length < maxBytes || quality <= 10) return bytes
    }
  }

  const close = async () => {
    for (const each of opened.values()) await (await each).close()
  }
  return { draw, close }
}

/**
 * @param {Pixels} photo
 * @param {number} x
 * @param {number} y
 * @param {number} size
 */
function cropped({ width: across, channels, data }, x, y, size) {
  const part = new Uint8Array(size * size * channels)
  for (let row = 0; row < size; row++) {
    const start = ((y + row) * across + x) * channels
    part.set(data.subarray(start, start + size * channels), row * size * channels)
  }
  return { width: size, height: size, channels, data: part }
}
