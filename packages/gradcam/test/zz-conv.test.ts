import { test } from 'vitest'
import { gradientsOf } from './gradients.ts'
import { numbers, oneNode } from './finite-differences.ts'
import { runtimeFor } from './providers.ts'
test('conv', async () => {
  const gpu = await runtimeFor('webgpu')
  for (const [C, K, H, mode] of [[12, 6, 6, 'const'], [12, 6, 6, 'input'], [12, 8, 6, 'const'], [12, 4, 6, 'const'], [8, 6, 6, 'const'], [4, 6, 6, 'const'], [16, 6, 6, 'const'], [3, 10, 6, 'const'], [12, 5, 6, 'const'], [12, 6, 12, 'const'], [12, 3, 6, 'const'], [5, 6, 6, 'const'],[6, 6, 6, 'const'],[12,7,6,'const'],[12,12,6,'const']] as const) {
    const x = numbers(1, [1, C, H, H]), w = numbers(2, [K, C, 3, 3])
    const model = oneNode({ operator: 'Conv', opset: 11, inputs: mode === 'input' ? { x, w } : { x }, ...(mode === 'const' ? { constants: { w } } : {}), attributes: { pads: [1, 1, 1, 1], kernel_shape: [3, 3], strides: [1, 1] } })
    const inputs = mode === 'input' ? { x, w } : { x }
    const seeds = { y: numbers(3, [1, K, H, H]) }
    const a = (await gradientsOf(model, inputs as never, seeds, ['x']))['x']!.data as Float32Array
    const b = (await gradientsOf(model, inputs as never, seeds, ['x'], gpu))['x']!.data as Float32Array
    let worst = 0
    a.forEach((v, i) => { worst = Math.max(worst, Math.abs(v - b[i]!)) })
    console.log('e-', C, K, H, mode, worst)
  }
}, 600000)
