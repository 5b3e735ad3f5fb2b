import { test } from 'vitest'
import { gradient } from '../src/gradient/gradient.ts'
import { ruleTables } from '../src/gradient/tables.ts'
import { readModel } from '../src/model/read.ts'
import { loadNet } from './golden-nets.ts'
import { runtimeFor } from './providers.ts'
import { relativeError } from './close.ts'
const cpu = await runtimeFor('cpu')
const gpu = await runtimeFor('webgpu')
test('x', async () => {
  const { model, inputs, targets } = loadNet('squeezenet')
  const t = targets[0]!
  const m = readModel(model)
  const wrt = m.graph.nodes.flatMap(n => n.outputs).filter(n => !m.graph.initializers.has(n))
  const run = async (r: typeof cpu) => { const s = await r.open({ bytes: model, external: [] }); const o = await s.run(inputs); await s.release(); return o }
  const [a, b] = [await run(cpu), await run(gpu)]
  for (const k of Object.keys(a)) console.log('forward', k, relativeError(b[k]!, a[k]!))
  for (const name of ['plain', 'lrp-z-plus', 'lrp-epsilon'] as const) for (const w of [...m.graph.nodes].reverse()) {
    const req = { of: [{ tensor: t.output, seed: t.seed }], wrt: [w.outputs[0]!], inputs, rules: ruleTables[name] }
    try { const [g, h] = [await gradient(m, cpu, req), await gradient(m, gpu, req)]
    console.log(name, w.operator, w.name, relativeError(Object.values(h)[0]!, Object.values(g)[0]!).toExponential(1)) } catch (e) { console.log(name, w.name, (e as Error).message.slice(0,100)) }
  }
})
