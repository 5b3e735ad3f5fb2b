import { test } from 'vitest'
import { buildModel, node } from './build.ts'
import { numbers } from './finite-differences.ts'
import { runtimeFor } from './providers.ts'
test('conv', async () => {
  const gpu = await runtimeFor('webgpu'), cpu = await runtimeFor('cpu')
  const lines: Record<string, string[]> = {}
  for (const mode of ['const', 'input', 'gathered']) for (const k of [1, 2, 3]) for (const C of [2, 3, 6, 9, 10, 14]) for (const K of [4, 6, 7, 12]) {
    if (mode === 'input' && K === 7) continue
    const H = 6
    const x = numbers(1, [1, C, H, H]), w = numbers(2, [K, C, k, k])
    const i = { type: 'int64', dims: [k], data: BigInt64Array.from({ length: k }, (_, j) => BigInt(k - 1 - j)) } as const
    const attributes = { pads: k === 3 ? [1, 1, 1, 1] : [0, 0, 0, 0], kernel_shape: [k, k], strides: [1, 1] }
    const nodes = mode === 'gathered' ? [node('Gather', ['w', 'i'], 'v', { axis: 2 }), node('Conv', ['x', 'v'], 'y', attributes)] : [node('Conv', ['x', 'w'], 'y', attributes)]
    const O = k === 2 ? H - 1 : H
    const bytes = buildModel({ inputs: mode === 'const' ? { x: x.dims } : { x: x.dims, w: w.dims }, outputs: { y: [1, K, O, O] }, nodes, weights: { ...(mode === 'const' ? { w } : {}), ...(mode === 'gathered' ? { i } : {}) }, opset: 11 })
    const run = async (r: typeof gpu) => { const s = await r.open({ bytes, external: [] }); const y = (await s.run(mode === 'const' ? { x } : { x, w }))['y']!.data as Float32Array; await s.release(); return y }
    const [a, b] = [await run(cpu), await run(gpu)]
    let worst = 0
    a.forEach((v, i) => { worst = Math.max(worst, Math.abs(v - b[i]!)) })
    ;(lines[`${mode} ${k}x${k}`] ??= []).push(`${C}→${K} ${worst < 1e-4 ? 'ok' : 'WRONG ' + worst.toFixed(2)}`)
  }
  for (const [k, v] of Object.entries(lines)) console.log('e-', k, v.join('; '))
}, 600000)
