import { test } from 'vitest'
import { buildModel, node } from './build.ts'
import { numbers } from './finite-differences.ts'
import { runtimeFor } from './providers.ts'
import { convApart, convTransposeApart } from '../src/runtime/capabilities.ts'
test('conv', async () => {
  const gpu = await runtimeFor('webgpu'), cpu = await runtimeFor('cpu')
  const wrong: string[] = []
  let n = 0
  const check = async (op: string, N: number, C: number, K: number, k: readonly number[], s: number, d: number, g: number) => {
    n++
    const H = 7, dims = k.map(() => H)
    const x = numbers(1, [N, C, ...dims]), w = numbers(2, op === 'Conv' ? [K, C / g, ...k] : [C, K / g, ...k])
    const attributes = { kernel_shape: k, strides: k.map(() => s), dilations: k.map(() => d), pads: [...k, ...k].map((v) => v >> 1), group: g }
    const bytes = buildModel({ inputs: { x: x.dims, w: w.dims }, outputs: { y: ['a', 'b', ...k.map((_, i) => 'o' + i)] }, nodes: [node(op, ['x', 'w'], 'y', attributes)], opset: 11 })
    const run = async (r: typeof gpu) => { const q = await r.open({ bytes, external: [] }); const y = (await q.run({ x, w }))['y']!.data as Float32Array; await q.release(); return y }
    const [a, b] = [await run(cpu), await run(gpu)]
    let worst = 0
    a.forEach((v, i) => { worst = Math.max(worst, Math.abs(v - b[i]!)) })
    const known = op === 'Conv' ? convApart(g, K / g) : convTransposeApart(g, C / g, K / g)
    if (!(worst < 1e-3) !== known) wrong.push(`${known ? 'known but right' : 'new'}: ${op} N${N} ${C}→${K} k${k} s${s} d${d} g${g}: ${worst.toFixed(2)}`)
  }
  for (const C of [5, 6, 7, 9, 15]) for (const K of [4, 6, 8]) { await check('Conv', 1, C, K, [1, 1], 2, 1, 1); await check('Conv', 2, C, K, [1, 3], 1, 1, 1); await check('Conv', 1, C, K, [3], 1, 1, 1); await check('Conv', 1, C, K, [3, 3], 2, 1, 1); await check('Conv', 1, C, K, [2, 2], 1, 2, 1) }
  for (const C of [1, 2, 3, 4, 5, 6, 7, 9]) for (const K of [1, 2, 3, 4, 5, 6, 8]) { await check('ConvTranspose', 1, C, K, [3, 3], 2, 1, 1) }
  for (const g of [2, 3]) for (const c of [1, 2, 3, 4, 5, 6]) for (const k of [1, 2, 3, 4, 5, 8]) { await check('Conv', 1, c * g, k * g, [3, 3], 1, 1, g); await check('ConvTranspose', 1, c * g, k * g, [3, 3], 2, 1, g) }
  console.log('n', n, '\n' + wrong.join('\n'))
}, 600000)
