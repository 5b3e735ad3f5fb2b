/** @file What every host must do, asked of it wherever it runs: each case returns plain data that network.test.ts looks at. */
import { createGradcam, type Explanation, GradcamError, type Host, type Pixels, readNpy } from '../../src/index.ts'
import { withDrawnLetters } from '../../src/figure/drawn-letters.ts'
import { loadFonts } from '../../src/figure/fonts.ts'
import { missingGlyphs } from '../../src/figure/lettering.ts'
import type { FontWeight } from '../../src/host.ts'
import { readPngText } from '../support/png-text.ts'

export interface Given {
  host: Host
  /** Path or URL of one of the files that files.ts makes. */
  at(file: string): string
}

type Case = (given: Given & ReturnType<typeof createGradcam>) => Promise<unknown>

const maxBytes = 2 ** 24

const numbersOf = (why: Explanation) => ({
  index: why.index,
  label: why.label,
  score: why.score,
  map: { ...why.map, data: Array.from(why.map.data) },
  region: why.region,
  photo: why.photo && { width: why.photo.width, height: why.photo.height },
})

const sizeOf = ({ width, height, channels }: Pixels) => ({ width, height, channels })

async function refused(attempt: () => Promise<unknown>): Promise<{ code: string; message: string; hint: string }> {
  try {
    await attempt()
  } catch (error) {
    if (error instanceof GradcamError) return { code: error.code, message: error.message, hint: error.hint }
    throw error
  }
  throw new Error('nothing was refused')
}

export const cases = {
  async models({ host, at, load }) {
    const bytes = await host.read(at('net/onnx/model.onnx'), maxBytes)
    const sources = [at('net'), at('net/onnx/model.onnx'), at('external/model.onnx'), bytes, new Blob([bytes as Uint8Array<ArrayBuffer>])]
    const found = []
    for (const source of sources) {
      const network = await load(source)
      const why = await network.explain(at('image.npy'), { target: 1 })
      found.push({ name: network.model.name, labels: network.model.labels, ...numbersOf(why) })
      await network.close()
    }
    return found
  },

  async photos({ host, at, load, readImage }) {
    const network = await load(at('net'))
    const bytes = await host.read(at('photo.png'), maxBytes)
    const pixels = await readImage(at('photo.png'))
    const file = new File([bytes as Uint8Array<ArrayBuffer>], 'photo.png')
    const whys = []
    for (const photo of [at('photo.png'), bytes, file, pixels]) whys.push(numbersOf(await network.explain(photo)))
    const predicted = await network.predict(file, { top: 2 })
    await network.close()
    return { pixels: Array.from(pixels.data), whys, predicted }
  },

  async batches({ at, load }) {
    const network = await load(at('net'))
    const whys = await network.explainAll(at('photo.png'), { target: 'top-2', method: ['grad-cam', 'saliency'] })
    const several = await refused(() => network.explain(at('photo.png'), { target: 'top-2' }))
    await network.close()
    return { whys: whys.map((why) => `${why.index} ${why.method}`), several }
  },

  async layers({ host, at, load }) {
    const network = await load(at('net'))
    const { feature } = await network.layers()
    const { steps } = await network.path(at('photo.png'))
    const x = readNpy(await host.read(at('image.npy'), maxBytes))
    const gradient = await network.gradient({ of: 'logits', wrt: 'features', inputs: { x }, index: 1 })
    await network.close()
    return {
      feature: feature.name,
      steps: steps.length,
      gradient: { dims: gradient.dims, data: Array.from(gradient.data as Float32Array) },
    }
  },

  async figures({ at, load, figureOf, maskFigure, readImage }) {
    const network = await load(at('net'))
    // a label in Cyrillic letters, and one in Greek
    const whys = await network.explainAll(at('photo.png'), { target: [1, 2] })
    const [first] = whys as [Explanation]
    await network.close()
    const png = await first.overlay().toBuffer()
    const bare = first.overlay({ title: false, legend: false })
    const two = await figureOf(whys).toBuffer('webp')
    return {
      png: { ...sizeOf(await readImage(png)), text: readPngText(png) },
      bare: [Array.from((await bare.pixels()).data), Array.from((await readImage(await bare.toBuffer())).data)],
      two: sizeOf(await readImage(two)),
      jpeg: sizeOf(await readImage(await bare.toBuffer('jpeg'))),
      mask: new Set((await readImage(await maskFigure(first, 0.5).toBuffer())).data).size,
      format: await refused(() => bare.toBuffer('bmp' as 'png')),
    }
  },

  async letters({ host }) {
    const { drawText } = host
    if (!drawText) throw new Error('no letters')
    const { width, height, data } = await drawText('H', 400)
    const rows = Array.from({ length: height }, (_, y) => y).filter((y) =>
      Array.from({ length: width }).some((_, x) => (data[4 * (y * width + x) + 3] as number) > 128),
    )
    // the box that stands for letters which nobody has shows their numbers, or is one for all
    const fonts = await loadFonts(host)
    const poor = { drawText: (text: string, weight: FontWeight) => drawText(text.replace('猫', '\u0379'), weight) }
    const drawn = await withDrawnLetters(poor, fonts, '猫')
    return { height, bottom: rows.at(-1), missing: missingGlyphs('猫', drawn.bold) }
  },

  async reports({ at, load, reportOf }) {
    const network = await load(at('net'))
    const html = await reportOf(await network.explainAll(at('photo.png'), { target: [1, 2] }), { name: 'photo.png' }).toHtml()
    await network.close()
    return {
      start: html.slice(0, 15),
      images: html.match(/src="data:image\/(webp|png);base64,/g)?.length,
      named: html.includes('<h1><bdi>photo.png'),
    }
  },

  async json({ at, load }) {
    const network = await load(at('net'))
    const json = (await network.explain(at('photo.png'), { target: 1 })).toJSON()
    await network.close()
    return { ...json, versions: Object.keys(json.versions), timings: undefined }
  },

  async targets({ at, load }) {
    const network = await load(at('region'))
    const scores = []
    for (const target of [`region:sky@${at('mask.png')}`, `region:sky@${at('mask.npy')}`, `@${at('target.json')}`]) {
      const why = await network.explain(at('region.npy'), { target, featureLayer: 'features' })
      scores.push([why.label, why.score])
    }
    const missing = await refused(() => network.explain(at('region.npy'), { target: `region:sky@${at('none.png')}` }))
    const wrong = await refused(() => network.explain(at('region.npy'), { target: `@${at('photo.png')}` }))
    await network.close()
    return { scores, missing, wrong }
  },

  async refusals({ at, load, readImage }) {
    return {
      page: await refused(() => readImage(at('page.png'))),
      empty: await refused(() => readImage(at('empty.png'))),
      damaged: await refused(() => readImage(at('damaged.png'))),
      missing: await refused(() => readImage(at('none.png'))),
      large: await refused(() => readImage(at('photo.png'), { maxPixels: 100 })),
      noModel: await refused(() => load(at('none'))),
      noFile: await refused(() => load(at('none.onnx'))),
      notModel: await refused(() => load(at('photo.onnx'))),
      config: await refused(() => load(at('broken'))),
      outside: await refused(() => load(at('outside/model.onnx'))),
      noData: await refused(() => load(at('lost/model.onnx'))),
    }
  },
} satisfies Record<string, Case>

export type CaseName = keyof typeof cases

/** Runs one case on a host. */
export const answer = (name: CaseName, given: Given): Promise<unknown> => cases[name]({ ...given, ...createGradcam(given.host) })
