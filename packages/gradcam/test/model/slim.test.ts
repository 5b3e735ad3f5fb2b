/** @file Slimmed networks of torchvision, timm, transformers and others, with nothing said: answer, layer, map, gradient and boxes are the frameworks' own. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toFloat32 } from '../../src/core/tensor.ts'
import { type Explanation, load, type Network } from '../../src/node/index.ts'
import { refusal } from '../support/refusal.ts'
import { type Numbers, slimFolder, slimNames, type SlimTruth, slimTruth } from '../support/slim.ts'
import { tiles } from '../support/tiles.ts'

const finished = { upsample: 'none', activation: 'none', normalize: 'none' } as const
/**
 * Shares by which scores and maps may be off. float16 has three digits. int8: onnxruntime's own two ways to run such a file, kernels of
 * integers and the nodes as they are, lie several steps of their rounding apart.
 */
const tolerances = ({ exporter }: SlimTruth): { scores: number; maps: number } =>
  exporter.includes('quantize')
    ? { scores: 5e-2, maps: 0.1 }
    : exporter.includes('halved')
      ? { scores: 2e-2, maps: 2e-2 }
      : { scores: 1e-4, maps: 1e-3 }

/** Each number off by no more than a share of the largest one. */
function expectNear(actual: ArrayLike<number>, right: Numbers, share: number): void {
  const sampled = 'norm' in right
  const values = sampled ? right.values : right
  const scale = sampled ? right.largest : Math.max(...values.map(Math.abs))
  const own = sampled ? right.at.map((i) => actual[i] as number) : Array.from(actual)
  expect(own).toHaveLength(values.length)
  const off = Math.max(...own.map((value, i) => Math.abs(value - (values[i] as number))))
  expect(off / scale).toBeLessThan(share)
}

const softmax = (logits: readonly number[]): number[] => {
  const top = Math.max(...logits)
  const powers = logits.map((x) => Math.exp(x - top))
  const sum = powers.reduce((a, b) => a + b, 0)
  return powers.map((x) => x / sum)
}

describe.each(slimNames)('%s', (name) => {
  const truth = slimTruth(name)
  const { score, layer } = truth
  const tolerance = tolerances(truth)
  const picture = tiles(...truth.input.size, truth.input.layout)
  let network: Network
  beforeAll(async () => {
    network = await load(slimFolder(name), { threads: 1 })
  })
  afterAll(() => network?.close())
  const explained = (options = {}): Promise<Explanation> => network.explain(picture, options)

  test('task, answer and classes', async () => {
    const contract = await network.inspect({ probe: true })
    expect([contract.task.value, contract.answer.value]).toEqual([truth.task, truth.answer])
    const output = contract.outputs.find((each) => each.name === truth.output)
    if (truth.classes) expect(output?.classes).toEqual(truth.classes)
    const [input] = contract.inputs
    expect([contract.imageInput?.value, input?.name]).toEqual([truth.input.name, truth.input.name])
    if (truth.labels) expect(contract.labels.value).toEqual(truth.labels)
    const { mean, std } = contract.preparation?.values.value ?? {}
    if (truth.preprocessing) expect({ mean, std }).toEqual(truth.preprocessing)
  })

  test('the layer has the grid of the picture', async () => {
    const options = truth.answer === 'ask' ? { target: score.target } : {}
    const why = await explained({ ...finished, ...options })
    const grid = [why.raw.height, why.raw.width]
    expect(layer.grids).toContainEqual(grid)
  })

  test('a layer of another grid is not certain', async () => {
    const { feature } = await network.layers()
    const { kind, height, width } = feature.layout
    expect([kind, height, width].every((each) => each !== undefined)).toBe(true)
    if (feature.certain) expect(layer.grids).toContainEqual([height, width])
  })

  test('Grad-CAM at a named layer', async () => {
    const why = await explained({ ...finished, target: score.target, featureLayer: layer.tensor })
    expect([why.raw.height, why.raw.width]).toEqual(layer.grid)
    expectNear(why.raw.data, layer.cam, tolerance.maps)
  })

  if (truth.gradient && score.element && !truth.exporter.includes('halved'))
    test('the gradient with respect to the picture', async () => {
      const contract = await network.inspect({ probe: true })
      const output = contract.outputs.find((each) => each.name === truth.output)
      const of = truth.answer === 'class' ? (output?.scores?.tensor ?? truth.output) : truth.output
      const gradient = await network.gradient({
        ...{ of, index: score.element ?? 0, wrt: truth.input.name },
        inputs: { [truth.input.name]: picture },
      })
      expectNear(toFloat32(gradient), truth.gradient as Numbers, 1e-3)
    })

  if (truth.answer === 'class')
    test('scores of all classes', async () => {
      const logits = truth.logits as readonly number[]
      const range = Math.max(...logits) - Math.min(...logits)
      // probabilities where a file says that classes exclude each other, else what the network gives
      const right = truth.labels || truth.probabilities ? softmax(logits) : logits
      const top = await network.predict(picture, { top: right.length })
      expect(top.map(({ index }) => index)).toHaveLength(right.length)
      expect(top[0]?.index).toBe(score.target)
      for (const each of top) expect(Math.abs(each.score - (right[each.index] as number))).toBeLessThan(tolerance.scores * range)
      const why = await explained()
      expect(why.index).toBe(score.target)
      expect(Math.abs(why.logit - score.value)).toBeLessThan(tolerance.scores * range)
    })

  if (truth.boxes)
    test('the best boxes', async () => {
      const right = truth.boxes ?? []
      const [best] = await network.predict(picture, { top: 1 })
      expect(best?.label).toMatch(new RegExp(`: ${right[0]?.label}$`))
      expect(best?.score).toBeCloseTo(right[0]?.score ?? Number.NaN, 4)
      for (const [i, corner] of (right[0]?.box ?? []).entries()) expect(Math.abs((best?.box?.[i] ?? Number.NaN) - corner)).toBeLessThan(1)
    })

  if (truth.shares)
    test('shares of the picture', async () => {
      const shares = truth.shares ?? []
      const seen = await network.predict(picture, { top: shares.length })
      for (const [index, share] of shares.entries()) expect(seen.find((each) => each.index === index)?.score ?? 0).toBeCloseTo(share, 2)
    })

  if (truth.answer === 'ask')
    test('nothing is explained by itself', async () => {
      const { hint } = await refusal(() => explained())
      expect(hint).toMatch(/value:|similar:|region:|box/)
    })
})
