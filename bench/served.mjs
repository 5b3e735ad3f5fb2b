/** @file A process that serves HTTP and explains meanwhile: `/METHOD` explains an image, `/delay` tells how long its event loop stood still. */
import { createServer } from 'node:http'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { load } from '../packages/gradcam/dist/node/index.js'

const [model = '', photo = '', worker = 'worker'] = process.argv.slice(2)
const network = await load(model, { worker: worker === 'worker' })
const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()

/** @param {string} path @returns {Promise<object>} */
async function answer(path) {
  if (path === 'delay') {
    const found = { longest: delay.max / 1e6, p99: delay.percentile(99) / 1e6 }
    delay.reset()
    return found
  }
  const { label, score } = await network.explain(photo, { method: path, ...(path === 'smooth-grad' ? { options: { samples: 16 } } : {}) })
  return { label, score }
}

const server = createServer((request, response) => {
  answer(request.url?.slice(1) ?? '').then(
    (value) => response.end(JSON.stringify(value)),
    (/** @type {unknown} */ error) => response.writeHead(500).end(String(error)),
  )
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(JSON.stringify({ port: typeof address === 'object' ? address?.port : undefined }))
})
process.stdin.resume().on('end', () => process.exit())
