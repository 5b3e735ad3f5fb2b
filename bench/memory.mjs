/** @file One process, one model, ten runs; prints its peak memory in MB. `node memory.mjs plain | explain FILE` */
import { existsSync, readFileSync } from 'node:fs'
import { readModel } from '../packages/gradcam/dist/graph/model.js'
import { createExplainer } from '../packages/gradcam/dist/explain/explainer.js'
import { sha256 } from '../packages/gradcam/dist/node/digest.js'
import { nodeRuntime } from '../packages/gradcam/dist/node/runtime.js'

/** Peak in MB. Linux hands the parent's peak down in resourceUsage; its own file does not. */
function peak() {
  const own = existsSync('/proc/self/status') ? /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) : null
  return Number(own?.[1] ?? process.resourceUsage().maxRSS) / 1024
}

const [mode = '', file = ''] = process.argv.slice(2)
const bytes = readFileSync(file)
const runtime = await nodeRuntime()
const tensor = { type: /** @type {const} */ ('float32'), dims: [1, 3, 224, 224], data: new Float32Array(3 * 224 * 224) }
if (mode === 'plain') {
  const session = await runtime.open({ bytes, external: [] })
  for (let i = 0; i < 10; i++) await session.run({ [session.inputs[0]?.name ?? '']: tensor })
  await session.release()
} else {
  const about = { name: 'bench', labels: [], preprocessing: undefined, singleLabel: false }
  const network = createExplainer(readModel(bytes), runtime, about, { sha256 })
  for (let i = 0; i < 10; i++) await network.explain({ tensor, region: undefined, photo: undefined })
  await network.close()
}
console.log(peak().toFixed(1))
