/** @file The explained graph as a file: any ONNX runtime answers with the scores and maps of `explain`. */
import * as ort from 'onnxruntime-node'
import { expect, test } from 'vitest'
import { createExplainer } from '../../src/explain/explainer.ts'
import type { ExplainOptions } from '../../src/explain/request.ts'
import { readModel } from '../../src/graph/model.ts'
import { buildModel } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { explainAll, runtime } from '../support/explain.ts'
import { refusal } from '../support/refusal.ts'
import { headed, images } from '../support/small-nets.ts'

const bytes = buildModel(headed())
const x = images(2)
const info = {
  name: 'small',
  labels: [],
  preprocessing: { steps: [{ kind: 'resize', to: { height: 8, width: 8 }, filter: 'bilinear' }] } as never,
  singleLabel: false,
}

const exported = async (options: ExplainOptions) => {
  const explainer = createExplainer(readModel(bytes), runtime, info)
  try {
    return await explainer.exportGraph(options)
  } finally {
    await explainer.close()
  }
}

test.each<[string, ExplainOptions]>([
  ['the best class of each image', {}],
  ['the three best', { target: 'top-3', method: 'layer-cam' }],
  ['a class and a formula', { target: [1], method: 'hires-cam', upsample: 'none', normalize: 'none' }],
  ['a value', { target: 'expression:prob[2] - prob[1]' }],
])('%s', async (_, options) => {
  const file = await exported(options)
  const session = await ort.InferenceSession.create(file.bytes, { intraOpNumThreads: 1 })
  const run = await session.run({ x: new ort.Tensor('float32', x.data as Float32Array, x.dims) })
  await session.release()
  const expected = (await explainAll(bytes, x, options)).flat()
  const maps = run[file.outputs['map'] ?? '']?.data as Float32Array
  const size = maps.length / expected.length
  for (const [i, { map }] of expected.entries())
    expectClose(maps.subarray(i * size, (i + 1) * size), map.data, { atol: 1e-5, rtol: 1e-5 }, `map ${i}`)
})

test('what is no graph, or needs an image first, is refused', async () => {
  expect(await refusal(() => exported({ method: 'rise' }))).toMatchObject({ code: 'bad-option' })
  expect(await refusal(() => exported({ noise: 3 }))).toMatchObject({ code: 'bad-option' })
  expect(await refusal(() => exported({ target: 'difference:0|nearest-1' }))).toMatchObject({ code: 'bad-target' })
})
