/** @file One network run by ONNX Runtime alone: milliseconds of its fastest run of three, and the process's peak memory in MB. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

const { InferenceSession, Tensor } = createRequire(new URL('../../packages/gradcam/package.json', import.meta.url))('onnxruntime-node')
const [model = '', image = ''] = process.argv.slice(2)

/** The tensor of a .npy file, in C order. @param {string} path */
async function tensorOf(path) {
  const bytes = await readFile(path)
  const length = bytes.readUInt16LE(8)
  const header = bytes.toString('latin1', 10, 10 + length)
  const shape = (/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? '')
    .split(',')
    .filter((part) => part.trim())
    .map(Number)
  const data = bytes.buffer.slice(bytes.byteOffset + 10 + length)
  return header.includes("'|u1'") ? new Tensor('uint8', new Uint8Array(data), shape) : new Tensor('float32', new Float32Array(data), shape)
}

const tensor = await tensorOf(image)
const session = await InferenceSession.create(model, { logSeverityLevel: 4 })
let fastest = Infinity
for (let i = 0; i < 3; i++) {
  const begin = performance.now()
  await session.run({ [session.inputNames[0]]: tensor })
  fastest = Math.min(fastest, performance.now() - begin)
}
console.log(JSON.stringify({ milliseconds: fastest, memory: process.resourceUsage().maxRSS / 1024 }))
