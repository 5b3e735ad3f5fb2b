/** @file The feature layer of the shared cases: its name, its grid, and the map there, whose right values lie beside them. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { toFloat32 } from '../../src/core/tensor.ts'
import { readNpy } from '../../src/io/npy.ts'
import { load } from '../../src/node/index.ts'
import { readModel } from '../../src/graph/model.ts'
import { expectClose } from '../support/close.ts'
import { explainOne, layersOf } from '../support/explain.ts'
import { listNets, loadNet } from '../support/golden-nets.ts'
import { answersOf } from '../support/patch-test.ts'
import { bare } from '../support/raw-maps.ts'
import { describeShared, sharedPath } from '../support/shared.ts'

const at = (...parts: string[]): string => sharedPath('cases', ...parts)
const npy = (...parts: string[]) => readNpy(readFileSync(at(...parts)))

describeShared('layers of networks as PyTorch writes them', 'cases/exporters', () => {
  test.each([
    ['exporters', 'early_activation', 1, 'block2_sum', 'early_activation_cam.npy', true],
    ['exporters', 'tokens_in_block', 1, 'stage1_sum', 'tokens_in_block_cam.npy', true],
    ['exporters', 'two_streams', 1, 's1', 'two_streams_s1.npy', false],
    [
      'truth',
      'maxvit_tiny',
      3,
      '/blocks.1/layers.0/layers/window_attention/departition_op/Reshape_1_output_0',
      'maxvit_tiny_cam.npy',
      true,
    ],
  ] as const)('%s/%s', async (folder, name, target, layer, cam, certain) => {
    const model = readFileSync(at(folder, `${name}.onnx`))
    const { feature } = await layersOf(model)
    expect([feature.name, feature.certain]).toEqual([layer, certain])
    const right = npy(folder, cam)
    const why = await explainOne(model, npy(folder, `${name}.npy`), { ...bare, target })
    expect([why.raw.height, why.raw.width]).toEqual(right.dims)
    expectClose(why.raw.data, toFloat32(right), { atol: 1e-5, rtol: 1e-4 }, name)
  })
})

describeShared('layers of networks as other exporters write them', 'cases/exporters2', () => {
  test.each([
    ['trailing', '/b.0/Add_2_output_0', 14, 0.75726],
    ['queries', '/f/f.2/Conv_output_0', 8, 0.72915],
    ['vit-fused', '/b.1/Add_2_output_0', undefined, undefined],
  ] as const)('%s', async (name, layer, box, score) => {
    const network = await load(at('exporters2', name))
    const { feature } = await network.layers()
    expect([feature.name, feature.certain]).toEqual([layer, true])
    const right = npy('exporters2', name, 'right.npy')
    const why = await network.explain(at('exporters2', 'wide.png'), bare)
    expect([why.raw.height, why.raw.width]).toEqual(right.dims)
    expectClose(why.raw.data, toFloat32(right), { atol: 1e-5, rtol: 1e-3 }, name)
    if (score !== undefined) {
      expect(why.label).toContain(`box ${box}`)
      expect(why.score).toBeCloseTo(score, 4)
    }
    await network.close()
  })
})

describeShared('quantised networks', 'cases', () => {
  test('scores are explained before they are quantised', async () => {
    const network = await load(at('exporters2', 'qdqlogits'))
    const why = await network.explain(at('exporters2', 'wide.png'), bare)
    expect([why.label, why.reductionLayer, why.warnings.filter(({ code }) => code === 'map-zero')]).toEqual(['green', 'scores', []])
    await network.close()
  })

  test('without a layer of floats, methods that look at the image run', async () => {
    const network = await load(at('truth', 'qlinear.onnx'))
    const x = npy('truth', 'qlinear.npy')
    const why = await network.explain(x, {
      method: 'saliency',
      target: 1,
      upsample: 'none',
      normalize: 'none',
      options: { channels: 'max' },
    })
    const gradient = toFloat32(await network.gradient({ of: 'logits', wrt: 'x', inputs: { x }, index: [0, 1] }))
    const largest = Float32Array.from({ length: 256 }, (_, i) =>
      Math.max(...[0, 256, 512].map((from) => Math.abs(gradient[from + i] as number))),
    )
    expectClose(why.raw.data, largest, { atol: 1e-9, rtol: 1e-5 }, 'saliency')
    await network.close()
  })
})

describeShared('the layer of a box', 'cases/truth/ssd_two_scales', () => {
  test('is of its scale', async () => {
    const network = await load(at('truth', 'ssd_two_scales'))
    const why = await network.explain(npy('truth', 'ssd_two_scales.npy'), bare)
    expect([why.label, why.featureLayer]).toEqual(['box 11: face', 'r0'])
    const right = npy('truth', 'ssd_two_scales_r0.npy')
    expect([why.raw.height, why.raw.width]).toEqual(right.dims)
    expectClose(why.raw.data, toFloat32(right), { atol: 1e-6, rtol: 1e-4 }, 'r0')
    expect(why.warnings.map(({ code }) => code)).not.toContain('map-zero')
    await network.close()
  })
})

describeShared('a layer that is certain answers patch by patch', 'golden/nets', () => {
  test.each(listNets(({ net }) => net !== 'two_input').map(({ net }) => net))('%s', async (net) => {
    const { model, inputs } = loadNet(net)
    const [[name, tensor] = []] = Object.entries(inputs)
    if (name === undefined || !tensor) throw new Error('a network has an input')
    const verdict = await answersOf({ model: readModel(model), image: { name, layout: 'nchw', tensor } })
    if (verdict) expect(verdict).toMatchObject({ pass: true })
  })
})
