/** @file Our side: `net.explain` of a prepared tensor. `node ours.mjs IMAGE`, float32 [1, 3, 224, 224]. */
import { readFileSync } from 'node:fs'
import { load } from '../../packages/gradcam/dist/node/index.js'
import { serve } from './serve.mjs'

const file = readFileSync(process.argv[2] ?? '')
const tensor = {
  type: /** @type {const} */ ('float32'),
  dims: [1, 3, 224, 224],
  data: new Float32Array(file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength)),
}

/** @typedef {import('../../packages/gradcam/dist/node/index.js').Network} Network */
/** @type {{ file: string, network: Network } | undefined} */
let opened

/** @param {string} file @param {boolean} [fresh] */
async function network(file, fresh) {
  if (fresh || opened?.file !== file) {
    await opened?.network.close()
    opened = { file, network: await load(file) }
  }
  return opened.network
}

await serve({}, async ({ file, target, options, fresh }) => {
  const net = await network(file, fresh)
  return async () => (await net.explain(tensor, { target, ...options })).map.data
})
await opened?.network.close()
