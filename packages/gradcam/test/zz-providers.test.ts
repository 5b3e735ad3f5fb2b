import { test } from 'vitest'
import { gradient } from '../src/gradient/gradient.ts'
import { readModel } from '../src/model/read.ts'
import { expectClose } from './close.ts'
import { listOpCases, loadOpCase } from './golden-ops.ts'
import { runtimeFor } from './providers.ts'
const mine = new Set('ConvTranspose DepthToSpace SpaceToDepth Expand Tile Gather GatherElements GatherND ScatterElements ScatterND Resize Upsample GridSample QuantizeLinear DequantizeLinear'.split(' '))
for (const provider of ['wasm', 'webgpu'] as const) test(provider, async () => {
  const rt = await runtimeFor(provider)
  let ok = 0
  const bad: string[] = []
  for (const entry of listOpCases((e) => mine.has(e.op))) {
    const { model, inputs, seeds, grads, gradTolerance } = loadOpCase(entry)
    try {
      const of = Object.entries(seeds).map(([tensor, seed]) => ({ tensor, seed }))
      const found = await gradient(readModel(model), rt, { of, wrt: Object.keys(grads), inputs })
      for (const [name, e] of Object.entries(grads)) expectClose(found[name]!, e, gradTolerance[name]!, name)
      ok++
    } catch (error) { bad.push(`${entry.path}: ${String((error as Error).message).slice(0, 160)}`) }
  }
  console.log(provider, ok, bad)
}, 500000)
