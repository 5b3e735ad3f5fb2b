import { test } from 'vitest'
import { readModel } from '../src/model/read.ts'
import { loadNet } from './golden-nets.ts'
import { gradientsOf } from './gradients.ts'
import { runtimeFor } from './providers.ts'
test('bisect', async () => {
  const { model, inputs, targets } = loadNet(process.env['NET'] ?? 'densenet')
  const t = targets[0]!
  const graph = readModel(model).graph
  const names = [...graph.inputs.map((i) => i.name), ...graph.nodes.flatMap((n) => ['Conv', 'Relu', 'MaxPool', 'BatchNormalization', 'AveragePool', 'Concat', 'Gemm'].includes(n.operator) ? n.outputs.slice(0, 1) : [])].slice(0, 20)
  const by = new Map(graph.nodes.flatMap((n) => n.outputs.map((o) => [o, n] as const)))
  const seeds = { [t.output]: t.seed }
  const cpu = await gradientsOf(model, inputs, seeds, names)
  const gpu = await gradientsOf(model, inputs, seeds, names, await runtimeFor('webgpu'))
  for (const name of names) {
    const a = cpu[name]!.data as Float32Array, b = gpu[name]!.data as Float32Array
    let worst = 0, largest = 0
    for (let i = 0; i < a.length; i++) { worst = Math.max(worst, Math.abs(a[i]! - b[i]!)); largest = Math.max(largest, Math.abs(a[i]!)) }
    console.log((worst / largest).toExponential(1), by.get(name)?.operator, name, cpu[name]!.dims.join('x'), JSON.stringify((by.get(name)?.proto.attribute ?? []).map((x) => [x.name, String(x.ints.length ? x.ints : x.i)])), 'consumers', graph.nodes.filter((n) => n.inputs.includes(name)).map((n) => n.operator).join())
  }
}, 600000)
