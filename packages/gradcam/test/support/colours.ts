/** @file A network of colours, a photo of two, and networks that are opened for one test file and closed after it. */
import { afterAll } from 'vitest'
import type { Pixels } from '../../src/core/pixels.ts'
import { float32 } from '../../src/core/tensor.ts'
import { type LoadOptions, load, type Network } from '../../src/node/index.ts'
import { type ModelSpec, node } from './build.ts'

const opened: Network[] = []

/** Opens a model, which is closed after the tests of the file. */
export async function open(source: Uint8Array | string, options: LoadOptions = {}): Promise<Network> {
  const network = await load(source, { threads: 1, ...options })
  opened.push(network)
  return network
}

afterAll(async () => {
  await Promise.all(opened.map((network) => network.close()))
})

/** Pixels of a side. */
export const side = 8
/** Red left, green right. */
export const photo: Pixels = {
  ...{ width: side, height: side, channels: 3 },
  data: Uint8Array.from({ length: 3 * side * side }, (_, i) => (i % 3 === (Math.floor(i / 3) % side < side / 2 ? 0 : 1) ? 255 : 0)),
}
// channels as they are, and a fourth that is the sum of all, so that there are more features than classes
export const same = float32([1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1], [4, 3, 1, 1])
export const first3 = float32([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0], [3, 4])

/** x → Conv, Relu `f` → means → Gemm `logits`: the means of red, green and blue. */
export const colours: ModelSpec = {
  inputs: { x: ['N', 3, side, side] },
  outputs: { logits: ['N', 3] },
  weights: { same, first3 },
  nodes: [
    node('Conv', ['x', 'same'], 'c'),
    node('Relu', ['c'], 'f'),
    node('GlobalAveragePool', ['f'], 'p'),
    node('Flatten', ['p'], 'flat'),
    node('Gemm', ['flat', 'first3'], 'logits', { transB: 1 }),
  ],
}
/** Its first node, and all others. */
export const [conv, ...rest] = colours.nodes as [(typeof colours.nodes)[number], ...typeof colours.nodes]
