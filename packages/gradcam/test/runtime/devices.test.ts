/** @file Networks on other devices than the CPU: the same maps, and where they were made; what a device gets wrong is refused. */
import * as ort from 'onnxruntime-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Device, devices, load, type Network } from '../../src/node/index.ts'
import { buildModel, type ModelSpec, node } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { numbers } from '../support/finite-differences.ts'
import { unavailable, useSoftwareAdapter } from '../support/providers.ts'
import { refusal } from '../support/refusal.ts'
import { headed, images } from '../support/small-nets.ts'

const built = devices.filter((name) => ort.listSupportedBackends().some((each) => each.name === name))

describe('a device that cannot be had', () => {
  test('is unknown: what this build has is listed', async () => {
    expect(await refusal(() => load(buildModel(headed()), { device: 'gpu' as Device }))).toMatchObject({
      code: 'bad-option',
      message: 'unknown `device`: gpu',
      hint: `this build has ${built.join(', ')}`,
      data: { option: 'device', value: 'gpu', allowed: built },
    })
  })

  test.skipIf(built.length === devices.length)('is not in this build, which is named', async () => {
    const missing = devices.find((name) => !built.includes(name)) as Device
    expect(await refusal(() => load(buildModel(headed()), { device: missing }))).toMatchObject({
      code: 'bad-option',
      message: `\`device\` ${missing} is not in this build, onnxruntime-node ${ort.env.versions.node} for ${process.platform}-${process.arch}`,
      hint: `this build has ${built.join(', ')}`,
    })
  })

  test('WebAssembly has none', async () => {
    const error = await refusal(() => load(buildModel(headed()), { engine: 'wasm', device: 'webgpu' }))
    expect(error).toMatchObject({ code: 'bad-option', message: 'the engine wasm runs on the CPU alone, not on webgpu' })
    const network = await load(buildModel(headed()), { engine: 'wasm', device: 'cpu' })
    await network.close()
  })
})

const missing = unavailable('webgpu')
describe.skipIf(missing)(missing ? `webgpu: skipped, ${missing}` : 'webgpu', () => {
  const networks: Network[] = []
  const opened = async (model: ModelSpec, device: Device): Promise<Network> => {
    const network = await load(buildModel(model), { device, threads: 1 })
    networks.push(network)
    return network
  }
  beforeAll(useSoftwareAdapter)
  afterAll(() => Promise.all(networks.map((network) => network.close())))

  test('gives the same maps, and says so', { timeout: 120_000 }, async () => {
    const [here, there] = [await opened(headed(), 'cpu'), await opened(headed(), 'webgpu')]
    // behind MaxPool a gradient to the image turns integers of 64 bits into floats, which WebGPU has not
    for (const [method, device] of [
      ['grad-cam', 'webgpu'],
      ['saliency', 'webgpu+cpu'],
      ['occlusion', 'webgpu'],
    ] as const) {
      const [expected, actual] = [
        await here.explain(images(1), { method, target: 2, featureLayer: 'features' }),
        await there.explain(images(1), { method, target: 2, featureLayer: 'features' }),
      ]
      expectClose(actual.map.data, expected.map.data, { atol: 1e-4, rtol: 0 }, method)
      expect(expected.toJSON().device).toBe('cpu')
      expect(actual.toJSON()).toMatchObject({ device, versions: { runtime: `onnxruntime ${ort.env.versions.node}, webgpu` } })
    }
    const checked = await there.verify(images(1))
    expect(checked).toMatchObject({ agrees: true, verdict: expect.stringContaining('webgpu computes the same as the CPU without') })
  })

  test.each([{ workers: 2 }, { worker: true }])('goes without workers: %j', { timeout: 120_000 }, async (options) => {
    expect(await refusal(() => load(buildModel(headed()), { device: 'webgpu', ...options }))).toMatchObject({
      code: 'bad-option',
      hint: 'leave `workers` and `worker` out, or `device`',
    })
  })

  test('leaves to the CPU what it lacks, and says so', { timeout: 120_000 }, async () => {
    const network = await opened(withLrn, 'webgpu')
    const [gradCam, eigenCam] = await network.explainAll(images(1), {
      target: 2,
      featureLayer: 'features',
      method: ['grad-cam', 'eigen-cam'],
    })
    expect([gradCam?.provenance.device, eigenCam?.provenance.device]).toEqual(['webgpu+cpu', 'webgpu+cpu'])
  })

  test.each<[string, ModelSpec['nodes'][number], Record<string, ReturnType<typeof numbers>>]>([
    ['Conv', node('Conv', ['six', 'w'], 'c', { pads: [1, 1, 1, 1] }), { w: numbers(7, [4, 6, 3, 3]) }],
    ['ReduceLogSumExp', node('ReduceLogSumExp', ['six'], 'c', { axes: [1] }), {}],
  ])('%s that it computes wrong is named', async (operator, wrong, weights) => {
    expect(await refusal(() => load(buildModel(behindSix(wrong, weights)), { device: 'webgpu' }))).toMatchObject({
      code: 'unsupported-operator',
      message: expect.stringContaining(`webgpu computes the node c/node (${operator}) wrong: `),
      hint: expect.stringContaining('`device`'),
      node: { name: 'c/node', operator },
    })
  })

  test('an answer that differs from the CPU is refused, wherever it comes from', { timeout: 120_000 }, async () => {
    const conv = node('Conv', ['six', 'turned'], 'c', { pads: [1, 1, 1, 1] })
    // filters that no table knows the shape of
    const hidden = behindSix(conv, { w: numbers(7, [6, 4, 3, 3]) }, [node('Transpose', ['w'], 'turned', { perm: [1, 0, 2, 3] })])
    const network = await opened(
      { ...hidden, inputs: { ...hidden.inputs, w: [6, 4, 3, 3] }, weights: { fc: numbers(8, [4, 5]), w6: numbers(3, [6, 3, 3, 3]) } },
      'webgpu',
    )
    const inputs = { w: numbers(7, [6, 4, 3, 3]) }
    expect(await refusal(() => network.explain(images(1), { target: 2, inputs }))).toMatchObject({
      code: 'run-failed',
      message: expect.stringMatching(/^webgpu computes something else than the CPU: .* is off by \d/),
      hint: expect.stringContaining('`device`'),
      data: { device: 'webgpu' },
    })
  })
})

const withLrn: ModelSpec = (() => {
  const { nodes, ...rest } = headed()
  const [first, ...others] = nodes
  if (!first) throw new Error('no nodes')
  return { ...rest, nodes: [node('LRN', ['x'], 'even', { size: 3 }), { ...first, inputs: ['even', 'w1', 'b1'] }, ...others] }
})()

/** x → six channels → `wrong` → mean → scores. */
const behindSix = (wrong: ModelSpec['nodes'][number], weights: ModelSpec['weights'], before: ModelSpec['nodes'] = []): ModelSpec => ({
  inputs: { x: ['N', 3, 8, 8] },
  outputs: { scores: ['N', 5] },
  weights: { w6: numbers(3, [6, 3, 3, 3]), fc: numbers(8, [4, 5]), ...weights },
  nodes: [
    node('Conv', ['x', 'w6'], 'c6', { pads: [1, 1, 1, 1] }),
    node('Relu', ['c6'], 'six'),
    ...before,
    wrong,
    node('Relu', ['c'], 'features'),
    node('GlobalAveragePool', ['features'], 'pooled'),
    node('Flatten', ['pooled'], 'flat'),
    node('MatMul', ['flat', 'fc'], 'scores'),
  ],
})
