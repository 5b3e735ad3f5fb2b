/** @file Targets of every kind, described as a person would, against native torch modules in float64: ../shared/golden/nets. */
import { describe, expect, test } from 'vitest'
import type { ExplanationData } from '../../src/explain/explanation.ts'
import type { ObjectiveInput } from '../../src/objective/kinds.ts'
import { sizeOf, toFloat32 } from '../../src/core/tensor.ts'
import { expectClose } from '../support/close.ts'
import { explainAll } from '../support/explain.ts'
import { type LoadedNet, loadNet } from '../support/golden-nets.ts'
import { describeShared } from '../support/shared.ts'

const labels: Record<string, string[]> = { yolo: ['cat', 'dog', 'bird'], regression: ['age'] }

/** net, number of its golden target, and the target as a person describes it. */
const described: [string, number, ObjectiveInput][] = [
  ['deeplab', 0, 'region:0'],
  ['deeplab', 1, { kind: 'region', class: 0, over: { point: [4, 14] } }],
  ['deeplab', 1, 'value:logits[0,14,4]'],
  ['deeplab', 1, 'expression:logits[0, 14, 4]'],
  ['lraspp', 0, { kind: 'region', class: 4 }],
  ['lraspp', 1, 'region:4@point:62.5,24.5'],
  ['unet', 0, 'region:2'],
  ['unet', 1, 'region:1@box:33,18,34,19'],
  ['regression', 0, 'value:age'],
  ['regression', 0, { kind: 'value', tensor: 'output:0' }],
  ['regression', 1, 'value:0:down'],
  ['regression', 1, 'against:0'],
  ['regression', 1, { kind: 'expression', expression: '-value' }],
  ['multilabel', 0, 0],
  ['multilabel', 0, { kind: 'value', tensor: 'logits', element: 0 }],
  ['multilabel', 0, { kind: 'classes', classes: [0] }],
  ['multilabel', 1, { kind: 'value', tensor: 'probs', element: 3 }],
  ['multilabel', 1, 'expression:sigmoid(logits[3])'],
  ['yolo', 0, { kind: 'box', box: 102, class: 'dog', part: 'class' }],
  ['yolo', 0, 'value:detections[102, 6]'],
  ['yolo', 1, { kind: 'box', box: [75, 108, 67, 137, 101], part: 'objectness' }],
  ['embedding', 1, 'value:embedding[15]'],
  ['two_input', 0, 3],
]

describeShared('targets as they are described', 'golden/nets/index.json', () => {
  const nets = new Map([...new Set(described.map(([name]) => name)), 'embedding'].map((name) => [name, loadNet(name)]))

  for (const [name, t, target] of described) {
    test(`${name}, target ${t}: ${typeof target === 'object' ? JSON.stringify(target) : target}`, () =>
      mapsAreTrue(nets.get(name) as LoadedNet, t, target))
  }

  describe('embedding, target 0: likeness to the reference', () => {
    const net = (): LoadedNet => nets.get('embedding') as LoadedNet
    const reference = (): number[] => Array.from(toFloat32((net().targets[0] as LoadedNet['targets'][number]).seed))

    test('dot product', () => mapsAreTrue(net(), 0, { kind: 'similar', to: reference(), measure: 'dot' }))

    test('an expression', () => {
      const terms = reference().map((value, i) => `${value} * embedding[${i}]`)
      return mapsAreTrue(net(), 0, { kind: 'expression', expression: terms.join(' + ') })
    })

    test('the cosine is the dot product over the lengths, and so are its gradients: the embedding has length 1', async () => {
      const length = Math.hypot(...reference())
      const [cosine] = await explained(net(), 'grad-cam', { kind: 'similar', to: reference() })
      const truth = (net().targets[0] as LoadedNet['targets'][number]).score[0] as number
      expect(cosine?.score).toBeCloseTo(truth / length, 4)
      const row = net().targets[0]?.raw['gradcam_linear'] as LoadedNet['targets'][number]['raw'][string]
      const scaled = Float32Array.from(toFloat32(row.map), (value) => value / length)
      expectClose(cosine?.raw.data as Float32Array, scaled, row.tolerance)
    })

    test('an image is most like itself', async () => {
      const image = Object.values(net().inputs)[0] as LoadedNet['inputs'][string]
      const [own] = await explained(net(), 'grad-cam', { kind: 'similar', to: { image } })
      expect(own?.score).toBeCloseTo(1, 5)
    })
  })

  test('procedures take the same targets', async () => {
    const net = nets.get('yolo') as LoadedNet
    const target: ObjectiveInput = { kind: 'box', box: 102, class: 1, part: 'class' }
    const row = net.targets[0]?.raw['ablationcam']
    const [why] = await explained(net, 'ablation-cam', target)
    expectClose(why?.map.data as Float32Array, row?.map.data as Float32Array, row?.tolerance as { atol: number; rtol: number })
  })
})

async function mapsAreTrue(net: LoadedNet, t: number, target: ObjectiveInput): Promise<void> {
  const truth = net.targets[t] as LoadedNet['targets'][number]
  const results = await explained(net, 'grad-cam', target)
  results.forEach(({ logit }, n) => expect(logit).toBeCloseTo(truth.score[n] as number, 4))
  for (const [which, row] of [
    ['raw', truth.raw['gradcam_linear']],
    ['map', truth.raw['gradcam']],
  ] as const) {
    if (!row) continue
    const size = sizeOf(row.map.dims.slice(1))
    results.forEach((why, n) => expectClose(why[which].data, toFloat32(row.map).subarray(n * size, (n + 1) * size), row.tolerance, which))
  }
}

async function explained(net: LoadedNet, method: string, target: ObjectiveInput): Promise<ExplanationData[]> {
  const [image = '', ...others] = Object.keys(net.inputs)
  const results = await explainAll(
    net.model,
    net.inputs[image] as LoadedNet['inputs'][string],
    {
      ...{ method, featureLayer: net.features.tensor, target, upsample: 'none', normalize: 'none' },
      inputs: Object.fromEntries(others.map((name) => [name, net.inputs[name] as LoadedNet['inputs'][string]])),
    },
    { labels: labels[net.net] ?? [] },
  )
  return results.map(([only]) => only as ExplanationData)
}
