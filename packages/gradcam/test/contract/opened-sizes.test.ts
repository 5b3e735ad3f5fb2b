/** @file Models with a file beside them, and sizes that their graphs demand, from loading to map, with numbers by hand. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Pixels } from '../../src/core/pixels.ts'
import { float32 } from '../../src/core/tensor.ts'
import type { Network } from '../../src/node/index.ts'
import { buildModel, type ModelSpec, modelProto, node } from '../support/build.ts'
import { toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import { readModel } from '../../src/graph/model.ts'
import { colours, conv, open, photo, rest, same, side } from '../support/colours.ts'
import { withNetwork } from '../support/explain.ts'
import { numbers } from '../support/finite-differences.ts'

describe('the file beside a model', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gradcam-contract-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const even: Pixels = { width: 4, height: 4, channels: 3, data: Uint8Array.from({ length: 48 }, (_, i) => [255, 153, 0][i % 3] as number) }

  const beside = async (name: string, model: ModelSpec, config: object): Promise<Network> => {
    mkdirSync(join(folder, name, 'onnx'), { recursive: true })
    const proto = modelProto(model)
    const [output] = proto.graph?.output ?? []
    if (output?.type?.value.case === 'tensorType') output.type.value.value.elemType = 1
    writeFileSync(join(folder, name, 'onnx/model.onnx'), toBinary(ModelProtoSchema, proto))
    writeFileSync(join(folder, name, 'preprocessor_config.json'), JSON.stringify(config))
    return open(join(folder, name))
  }
  const imagenet = { image_mean: [0.485, 0.456, 0.406], image_std: [0.229, 0.224, 0.225], size: { height: 8, width: 8 } }
  const scaled = { ...colours.weights, s: float32([1 / 255], []) }

  test('normalised values do not go into whole numbers: raw pixels do, and it is said', async () => {
    const nodes = [node('Cast', ['x'], 'k', { to: 1 }), node('Mul', ['k', 's'], 'm'), node('Conv', ['m', 'same'], 'c'), ...rest]
    const network = await beside('uint8', { ...colours, type: 'uint8', weights: scaled, nodes }, imagenet)
    const why = await network.explain(even, { target: 1 })
    expect(why.score).toBeCloseTo(0.6, 4)
    expect(why.warnings.find(({ code }) => code === 'preprocessing-contradicts')?.message).toContain('the graph takes 0…255')
  })

  test('what the graph does to floats is not done twice, and it is said', async () => {
    const nodes = [node('Mul', ['x', 's'], 'm'), node('Conv', ['m', 'same'], 'c'), ...rest]
    const network = await beside('twice', { ...colours, weights: scaled, nodes }, imagenet)
    const why = await network.explain(even, { target: 1 })
    expect(why.score).toBeCloseTo(0.6, 4)
    expect(why.warnings.find(({ code }) => code === 'preprocessing-contradicts')?.message).toContain('the graph takes 0…255')
  })

  test('where both agree nothing is said', async () => {
    const nodes = [node('Mul', ['x', 's'], 'm'), node('Conv', ['m', 'same'], 'c'), ...rest]
    const network = await beside(
      'once',
      { ...colours, weights: scaled, nodes },
      { do_rescale: false, do_normalize: false, size: { height: 8, width: 8 } },
    )
    const why = await network.explain(even, { target: 1 })
    expect(why.score).toBeCloseTo(0.6, 4)
    expect(why.warnings.map(({ code }) => code)).not.toContain('preprocessing-contradicts')
  })
})

describe('sizes that the graph demands', () => {
  const sized = (places: number): Uint8Array =>
    buildModel({
      ...colours,
      inputs: { x: [1, 3, 'H', 'W'] },
      outputs: { logits: [1, 3] },
      weights: { same, w: numbers(2, [3, 4 * places], 0, 1) },
      nodes: [conv, rest[0] as typeof conv, node('Flatten', ['f'], 'flat'), node('Gemm', ['flat', 'w'], 'logits', { transB: 1 })],
    })

  test('48×48 is found, not 224', async () => {
    const network = await open(sized(48 * 48))
    const why = await network.explain(photo, { target: 0 })
    expect(why.map).toMatchObject({ width: 48, height: 48 })
    expect((await network.layers()).feature.shape.slice(2)).toEqual([48, 48])
  })

  test('a recogniser of 32 rows gets a line, whatever its width', async () => {
    const bytes = buildModel({
      ...colours,
      inputs: { x: [1, 3, 'H', 'W'] },
      outputs: { logits: [1, 3] },
      weights: { same, rows: numbers(2, [32, 5], 0, 1), first3: numbers(3, [3, 20], 0, 1) },
      nodes: [
        conv,
        rest[0] as typeof conv,
        node('ReduceMean', ['f'], 'line', { axes: [3], keepdims: 0 }),
        node('MatMul', ['line', 'rows'], 'm'),
        node('Flatten', ['m'], 'flat'),
        node('Gemm', ['flat', 'first3'], 'logits', { transB: 1 }),
      ],
    })
    const why = await (await open(bytes)).explain(photo, { target: 0 })
    expect(why.map).toMatchObject({ width: 320, height: 32 })
  })

  test('sides that must be multiples are found', async () => {
    // halved four times, brought back by stride 16, and added to the image: only multiples of 16 fit
    const halved = [0, 1, 2, 3].map((k) =>
      node('MaxPool', [k === 0 ? 'f' : `h${k - 1}`], `h${k}`, { kernel_shape: [2, 2], strides: [2, 2] }),
    )
    const up = node('Resize', ['h3', '', 'scales'], 'up')
    const nodes = [
      conv,
      rest[0] as typeof conv,
      ...halved,
      up,
      node('Add', ['f', 'up'], 'sum'),
      node('GlobalAveragePool', ['sum'], 'p'),
      node('Flatten', ['p'], 'flat'),
      node('Gemm', ['flat', 'first3'], 'logits', { transB: 1 }),
    ]
    const weights = { ...colours.weights, scales: float32([1, 1, 16, 16], [4]) }
    const model = readModel(buildModel({ ...colours, inputs: { x: ['N', 3, 'H', 'W'] }, weights, nodes }))
    await withNetwork(model, async (network) => {
      expect((await network.preparation()).preparation.steps).toMatchObject({
        source: 'assumed',
        value: [{ to: { width: 224, height: 224 } }],
      })
      expect(await network.sizeStep()).toMatchObject({ value: 16, source: 'graph' })
    })
    await withNetwork(buildModel(colours), async (network) => {
      expect((await network.preparation()).preparation.steps).toMatchObject({ value: [{ to: { width: side, height: side } }] })
      expect(await network.sizeStep()).toBeUndefined()
    })
  })

  test('64 rows and 128 columns, which a head of fixed size wants', async () => {
    // a square of as many places would not be whole
    const rows = node('ReduceMean', ['f'], 'rows', { axes: [2], keepdims: 0 })
    const columns = node('ReduceMean', ['f'], 'columns', { axes: [3], keepdims: 0 })
    const nodes = [
      conv,
      rest[0] as typeof conv,
      rows,
      columns,
      node('MatMul', ['rows', 'a'], 'ra'),
      node('MatMul', ['columns', 'b'], 'cb'),
      node('Add', ['ra', 'cb'], 's'),
      node('Flatten', ['s'], 'flat'),
      node('Gemm', ['flat', 'w'], 'logits', { transB: 1 }),
    ]
    const weights = { same, a: numbers(1, [128, 1], 0, 1), b: numbers(2, [64, 1], 0, 1), w: numbers(3, [3, 4], 0, 1) }
    const network = await open(buildModel({ ...colours, inputs: { x: [1, 3, 'H', 'W'] }, outputs: { logits: [1, 3] }, weights, nodes }))
    expect((await network.explain(photo, { target: 0 })).map).toMatchObject({ width: 128, height: 64 })
  })

  test('224 where nothing tells', async () => {
    const network = await open(buildModel({ ...colours, inputs: { x: ['N', 3, 'H', 'W'] } }))
    expect((await network.explain(photo, { target: 0 })).map).toMatchObject({ width: 224, height: 224 })
  })
})
