/**
 * @file Tests whether the places of a feature layer are places of the picture: `node scripts/patch-test.mjs MODEL [--layer NAME]
 * [--picture X.npy] [--input NAME=Y.npy] [--json]`, after `npm run build`. Exit code 1 where a certain layer fails, 2 for a wrong call.
 */
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { patchTest } from './patch-test/answers.mjs'
import { changeOf, noise, withPatch } from './patch-test/picture.mjs'
import { root } from './setup.mjs'

/**
 * @typedef {import('./patch-test/answers.mjs').Verdict} Verdict
 * @typedef {import('../packages/gradcam/src/core/tensor.ts').Tensor} Tensor
 * @typedef {import('../packages/gradcam/src/graph/layers.ts').FeatureChoice} FeatureChoice
 *
 * @typedef {object} Asked
 * @property {string} model a path
 * @property {string} [layer] default: the one that is chosen by itself
 * @property {Tensor} [picture] as the network takes it. Default: noise
 * @property {Readonly<Record<string, Tensor>>} [inputs] the other inputs
 *
 * @typedef {{ layer: string, shape: readonly (number | string)[], grid: string, kind: string, certain: boolean, doubt?: string, why: string }} Chosen
 */

/** Modules of the built library, of which not all is public. @param {string} file @returns {Promise<any>} */
const built = (file) => import(pathToFileURL(`${root}packages/gradcam/dist/${file}.js`).href)

/**
 * Opens a model, chooses its layer, and changes the picture patch by patch.
 *
 * @param {Asked} asked
 * @returns {Promise<Chosen & Verdict>}
 */
export async function testPatches({ model, layer, picture, inputs = {} }) {
  const [{ openModel }, { explainable }, { createState, chosenReduction }] = await Promise.all(
    ['graph/open', 'contract/explainable', 'explain/state'].map(built),
  )
  const [{ nodeHost }, { nodeRuntime }, { settledFor }, { shapesOf, filled, typed }, { feedsOf, dimsOf }] = await Promise.all(
    ['node/host', 'node/runtime', 'explain/settled', 'explain/inputs', 'explain/feeds'].map(built),
  )
  const [{ chooseLayers }, { deriveModel }, { toFloat32 }] = await Promise.all(['graph/layers', 'graph/derive', 'core/tensor'].map(built))
  const opened = await openModel(nodeHost, model)
  const runtime = await nodeRuntime({ threads: 1 })
  const network = { name: opened.name, labels: [], preprocessing: undefined, singleLabel: false }
  const general = createState(explainable(opened.model), runtime, network)
  const { image } = general
  const size = await general.usualSize()
  const dims = image.layout === 'nchw' ? [1, image.channels, size.height, size.width] : [1, size.height, size.width, image.channels]
  const bytes = /int/.test(image.type)
  const own = picture && (picture.dims.length === 3 ? { ...picture, dims: [1, ...picture.dims] } : picture)
  const tensor = own ?? { type: 'float32', dims, data: noise(dims, bytes) }
  const values = toFloat32(tensor)
  const state = await settledFor(general, { tensor: typed(tensor, image.type) }, inputs)
  const fed = (/** @type {Float32Array} */ data) =>
    feedsOf(state, filled(typed({ type: 'float32', dims: tensor.dims, data }, image.type), image), inputs)
  const { graph } = state.model
  const shapes = shapesOf(graph.inputs, dimsOf(fed(values)))
  const info = await state.learn(shapes)
  const options = layer === undefined ? {} : { featureLayer: layer }
  /** @type {FeatureChoice} */
  const feature = chooseLayers(graph, info, options, chosenReduction(state, info, options)).feature
  const session = await runtime.open(deriveModel(state.model, { outputs: [feature.name], inputShapes: shapes }))
  const activations = async (/** @type {Float32Array} */ data) => toFloat32((await session.run(fed(data)))[feature.name])
  try {
    const before = await activations(values)
    const { layout } = feature
    const verdict = await patchTest({
      ...{ height: layout.height, width: layout.width },
      answer: async (patch, seed, strength) =>
        changeOf(
          before,
          await activations(withPatch(values, { dims: tensor.dims, layout: image.layout, patch, seed, strength, whole: bytes })),
          layout,
        ),
    })
    return { ...chosenText(feature), ...verdict }
  } finally {
    await session.release()
    await general.close()
  }
}

/** @param {FeatureChoice} feature @returns {Chosen} */
function chosenText({ name, shape, layout, certain, doubt, why }) {
  const extra = layout.kind === 'nlc' ? [layout.skip > 0 ? `behind ${layout.skip}` : '', layout.after ? `before ${layout.after}` : ''] : []
  const grid = [`${layout.height}×${layout.width}`, ...extra.filter(Boolean)].join(', ')
  return { layer: name, shape, grid, kind: layout.kind, certain, ...(doubt === undefined ? {} : { doubt }), why }
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...{ layer: { type: 'string' }, picture: { type: 'string' }, json: { type: 'boolean' } },
      input: { type: 'string', multiple: true, default: [] },
    },
  })
  const [model] = positionals
  if (model === undefined || positionals.length > 1) {
    console.error('usage: node scripts/patch-test.mjs MODEL [--layer NAME] [--picture X.npy] [--input NAME=Y.npy] [--json]')
    return 2
  }
  const { readNpy } = await built('io/npy')
  const tensor = (/** @type {string} */ file) => readNpy(readFileSync(file))
  const others = values.input.map((text) => [text.slice(0, text.indexOf('=')), tensor(text.slice(text.indexOf('=') + 1))])
  try {
    const result = await testPatches({
      model,
      ...(values.layer === undefined ? {} : { layer: values.layer }),
      ...(values.picture === undefined ? {} : { picture: tensor(values.picture) }),
      inputs: Object.fromEntries(others),
    })
    console.log(values.json ? JSON.stringify(result) : text(result))
    return result.certain && !result.pass ? 1 : 0
  } catch (cause) {
    const { code = 'failed', message, hint } = /** @type {Error & { code?: string, hint?: string }} */ (cause)
    if (values.json) console.log(JSON.stringify({ refused: { code, message, hint } }))
    else console.error(`${code}: ${message}`)
    return 0
  }
}

/** @param {Chosen & Verdict} result */
const text = ({ layer, grid, kind, certain, pass, answers, fit, other, otherFit, runs }) =>
  [
    `${layer}: ${grid} (${kind}), ${certain ? 'certain' : 'unsure'}`,
    answers
      ? `${pass ? 'passes' : 'fails'}: fit ${fit.toFixed(3)}, ${other} ${otherFit.toFixed(3)}, ${runs} runs`
      : 'no place answers to any patch',
  ].join('\n')

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = await main()
