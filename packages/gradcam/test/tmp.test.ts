import { test } from 'vitest'
import { checkByDifferences, numbers, oneNode } from './finite-differences.ts'
import type { Tensor } from '../src/tensor.ts'
const i64 = (v: number[]): Tensor => ({ type: 'int64', dims: [v.length], data: BigInt64Array.from(v, BigInt) })
for (const mode of ['constant', 'edge', 'reflect', 'wrap']) for (const [dims, pads] of [[[5],[0,1]],[[5],[1,0]],[[5],[1,1]],[[5],[2,2]],[[5],[3,0]],[[3,4],[0,0,0,1]],[[3,4],[0,1,0,0]],[[3,4],[1,0,0,1]],[[3,4],[1,0,1,0]],[[3,4],[1,1,1,1]],[[1,5],[0,1,0,0]],[[1,5],[1,1,0,0]],[[2,2],[1,1,1,1]],[[2,3,4],[1,1,0,0,1,1]],[[1,1],[1,1,0,0]],[[3],[2,2]]] as [number[], number[]][])
  test(`${mode} ${dims} ${pads}`, async () => {
    const x = numbers(3, dims)
    await checkByDifferences(oneNode({ operator: 'Pad', opset: 19, inputs: { x }, constants: { p: i64(pads) }, attributes: { mode } }), { x })
  })
