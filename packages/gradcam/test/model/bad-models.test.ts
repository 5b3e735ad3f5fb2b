/** @file What is no model, or no model that can be explained: every refusal is a GradcamError with a code and a way out. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readModel } from '../../src/graph/model.ts'
import { createExplainer } from '../../src/explain/explainer.ts'
import { load } from '../../src/node/index.ts'
import type { Tensor } from '../../src/core/tensor.ts'
import { buildModel, type ModelSpec, node } from '../support/build.ts'
import { explainOne, runtime } from '../support/explain.ts'
import { numbers } from '../support/finite-differences.ts'
import { asRefusal, refusal } from '../support/refusal.ts'
import { headed, images } from '../support/small-nets.ts'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const whole = buildModel(headed())
const x = images(1)

describe('no model', () => {
  test.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(), /empty/],
    ['a web page', text('<!DOCTYPE html>\n<html><body>404</body></html>'), /HTML/],
    ['a web page without doctype, after blank lines', text('\n\n  <html lang="en">'), /HTML/],
    ['an error in XML', text('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'), /HTML/],
    ['a PyTorch checkpoint', Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0, 8, 8), /ZIP/],
    ['JSON', text('{"error": "not found"}'), /JSON/],
    ['a Git LFS pointer', text('version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 26543\n'), /LFS/],
    ['text', text('hello, this is no model at all'), /truncated or not an ONNX file/],
    ['a PNG', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13), /an image, not an ONNX file/],
  ])('%s', async (_, bytes, message) => {
    const error = await refusal(() => readModel(bytes))
    expect(error.code).toBe('model-unreadable')
    expect(error.message).toMatch(message)
  })

  test('a protobuf without a graph, and a graph without nodes', async () => {
    expect((await refusal(() => readModel(Uint8Array.of(8, 8)))).code).toBe('model-invalid')
    expect((await refusal(() => readModel(buildModel({ inputs: {}, outputs: {}, nodes: [] })))).code).toBe('model-invalid')
  })

  test('a model cut off at any byte', async () => {
    for (let length = 0; length < whole.length; length += length < 300 ? 1 : 37) {
      const error = await refusal(async () => explainOne(whole.subarray(0, length), x))
      expect(['model-unreadable', 'model-invalid', 'model-refused', 'unsupported-model']).toContain(error.code)
    }
  })

  test('random bytes, and a model with random damage, end in an answer or a refusal', async () => {
    for (let seed = 1; seed <= 200; seed++) {
      const noise = numbers(seed, [64], 0, 256).data as Float32Array
      await refusal(() => readModel(Uint8Array.from(noise)))
      const damaged = Uint8Array.from(whole)
      // the weights, whose damage is only another network, lie behind the nodes
      for (let i = 0; i < 3; i++) damaged[Math.floor(((noise[i] ?? 0) / 256) * 700)] = Math.floor(noise[i + 3] ?? 0)
      await explainOne(damaged, x).catch(asRefusal)
    }
  })
})

describe('files', () => {
  let folder = ''
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'gradcam-test-'))))
  afterAll(() => rm(folder, { recursive: true }))

  test('a path that leads nowhere, and a folder without a model', async () => {
    const missing = await refusal(() => load(join(folder, 'none.onnx')))
    expect([missing.code, missing.message]).toEqual(['model-missing', expect.stringContaining('none.onnx')])
    const bare = await refusal(() => load(folder))
    expect([bare.code, bare.message]).toEqual(['model-missing', expect.stringContaining(folder)])
  })

  test('broken info beside the model are named', async () => {
    await writeFile(join(folder, 'model.onnx'), whole)
    for (const [file, content] of [
      ['config.json', '{"id2label": 7}'],
      ['config.json', '{'],
      ['preprocessor_config.json', '{"image_std": [0]}'],
    ] as const) {
      await writeFile(join(folder, file), content)
      const error = await refusal(() => load(folder))
      expect([error.code, error.message]).toEqual(['model-invalid', expect.stringContaining(file)])
      await rm(join(folder, file))
    }
  })
})

describe('models that cannot be explained', () => {
  const image = { x: [1, 3, 8, 8] }
  test('no features with places', async () => {
    const flat = {
      inputs: image,
      outputs: { y: [1, 4] },
      weights: { w: numbers(1, [192, 4]) },
      nodes: [node('Flatten', ['x'], 'flat'), node('MatMul', ['flat', 'w'], 'y')],
    }
    const error = await refusal(() => explainOne(buildModel(flat), x))
    expect([error.code, error.hint]).toEqual(['no-features', expect.stringContaining('`featureLayer`')])
  })

  test('no image input', async () => {
    const spec: ModelSpec = { inputs: { tokens: [1, 16] }, outputs: { y: [1, 16] }, nodes: [node('Relu', ['tokens'], 'y')] }
    const error = await refusal(() =>
      createExplainer(readModel(buildModel(spec)), runtime, { name: 'm', labels: [], preprocessing: undefined, singleLabel: false }),
    )
    expect([error.code, error.message]).toEqual(['unsupported-model', expect.stringContaining('tokens [1, 16]')])
  })

  test('an operator without a rule: it, its node and the way out are named', async () => {
    const spec = headed()
    const nodes = spec.nodes.map((each) =>
      each.operator === 'GlobalAveragePool' ? node('Magic', ['features'], 'pooled', {}, 'com.example') : each,
    )
    const error = await refusal(() => explainOne(buildModel({ ...spec, nodes }), x))
    // the runtime does not know it either: it is refused where it is first met
    expect(['unsupported-operator', 'model-refused']).toContain(error.code)
    expect(error.message).toContain('Magic')
  })

  test('an operator that the runtime knows and the gradient does not', async () => {
    // sampling at places that the image chooses has no gradient here: Unique sorts
    const spec = headed()
    const nodes = spec.nodes.flatMap((each) =>
      each.operator === 'Flatten' ? [node('Unique', ['pooled'], 'unique'), node('Reshape', ['unique', 'shape'], 'flat')] : [each],
    )
    const shape: Tensor = { type: 'int64', dims: [2], data: BigInt64Array.of(1n, 6n) }
    const model = buildModel({ ...spec, inputs: image, nodes, weights: { ...spec.weights, shape } })
    const error = await refusal(() => explainOne(model, x))
    expect(error).toMatchObject({ code: 'unsupported-operator', node: { operator: 'Unique', name: 'unique/node' } })
    expect(error.message).toMatch(/Unique.*unique\/node/)
    expect(error.hint).toContain('`featureLayer`')
  })

  test('an input of another shape, and one that is missing', async () => {
    const error = await refusal(() => explainOne(whole, images(1, 1, 9, 9)))
    expect([error.code, error.message]).toEqual(['shape-mismatch', expect.stringContaining('[1, 3, 9, 9]')])
    const two = {
      ...headed(),
      inputs: { x: ['N', 3, 8, 8], age: ['N', 1] },
      outputs: { ...headed().outputs, y: ['N', 1] },
      nodes: [...headed().nodes, node('Relu', ['age'], 'y')],
    }
    const missing = await refusal(() => explainOne(buildModel(two), x))
    expect([missing.code, missing.message]).toEqual(['shape-mismatch', expect.stringContaining('age')])
  })
})
