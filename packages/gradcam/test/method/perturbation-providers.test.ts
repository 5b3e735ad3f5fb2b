/** @file Methods that change the image give the same maps on every provider: masks, superpixels and random numbers are the same. */
import { describe, expect, test } from 'vitest'
import { perturbationMethods } from '../../src/method/perturbation/methods.ts'
import { readModel } from '../../src/graph/model.ts'
import { createExplainer } from '../../src/explain/explainer.ts'
import type { ExplainOptions } from '../../src/explain/request.ts'
import type { Provider } from '../../src/runtime/runtime.ts'
import { buildModel } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { explainOne } from '../support/explain.ts'
import { runtimeFor, unavailable } from '../support/providers.ts'
import { headed, images } from '../support/small-nets.ts'

const settings: Record<string, NonNullable<ExplainOptions['options']>> = {
  occlusion: { patchPixels: 3, stridePixels: 2 },
  lime: { features: 9, samples: 60 },
  'kernel-shap': { features: 5 },
  rise: { samples: 60, cells: 3, fill: 'mean' },
}

const providers: Provider[] = ['wasm', 'webgpu']
describe.each(providers.filter((provider) => unavailable(provider) === undefined))('%s', (provider) => {
  test.each(Object.entries(settings))('%s', async (method, options) => {
    const model = buildModel(headed())
    const explain = { method, options, target: 1, activation: 'none', normalize: 'none' } as const
    const about = { name: 'test', labels: [], preprocessing: undefined, singleLabel: false }
    const network = createExplainer(readModel(model), await runtimeFor(provider), about)
    const [there] = (await network.explain({ tensor: images(1), region: undefined, photo: undefined }, explain)).flat()
    await network.close()
    const here = await explainOne(model, images(1), explain)
    expect(here.map.data.some((value) => value !== here.map.data[0])).toBe(true)
    expectClose(there?.map.data ?? [], here.map.data, { atol: 1e-4, rtol: 0 }, `${method} on ${provider}`)
  })
})

test('every method is among them but the one that wants a detector', () => {
  expect([...Object.keys(settings), 'd-rise'].sort()).toEqual(perturbationMethods.map(({ name }) => name).sort())
})
