/** @file Grad-CAM maps of whole networks against native torch modules in float64: ../shared/golden/nets. */
import { describe, expect, test } from 'vitest'
import type { ExplanationData } from '../../src/explain/explanation.ts'
import { sizeOf } from '../../src/core/tensor.ts'
import { expectClose } from '../support/close.ts'
import { layersOf } from '../support/explain.ts'
import { listNets, type LoadedNet, loadNet, type NetTarget } from '../support/golden-nets.ts'
import { classOf, explained, isCovered } from '../support/net-targets.ts'
import { describeShared } from '../support/shared.ts'

/** Networks that must run; others of the folder join as their operators get rules. */
const required = [
  ['resnet_basic', 'resnet_bottleneck', 'resnext', 'vgg', 'squeezenet', 'inception', 'densenet'],
  ['mobilenet_v2', 'mobilenet_v3', 'mobilenet_v3_decomposed', 'efficientnet', 'mnasnet', 'regnet', 'shufflenet_v2'],
  ['regression', 'multilabel', 'two_input'],
  ['convnext', 'convnext_opset17', 'vit', 'swin'],
].flat()

/**
 * What METHODS.md's rule gives for each graph, read off the graph by hand; `features` unless listed.
 * Left out: networks whose last activation is written in several nodes and lies before a later convolution.
 */
const automatic: Record<string, string> = {
  // the last Relu, after the batch normalisation that is the case's feature tensor
  densenet: '/net/Relu_output_0',
  // the last Relu, behind the 1×1 convolution (squeezenet1_1: relu_conv10)
  squeezenet: '/net/classifier/classifier.2/Relu_output_0',
  // LeakyRelu after the features are scaled and shifted by the second input
  two_input: '/net/LeakyRelu_output_0',
  // tokens that enter the last block
  vit: '/net/encoder/layers/encoder_layer_0/Add_1_output_0',
  swin: '/net/features/features.3/features.3.0/Add_1_output_0',
  // two resolutions: the deeper branch, which is a guess
  lraspp: '/net/head/cbr/cbr.2/Relu_output_0',
  // the last activation: pooling and batch normalisation follow, but are none
  embedding: '/net/trunk/trunk.5/PRelu_output_0',
}
const automaticOf = [...required, 'embedding', 'lraspp', 'yolo']

describeShared('Grad-CAM of networks', 'golden/nets/index.json', () => {
  const nets = listNets().map(({ net }) => loadNet(net))
  const jobs = nets.flatMap((net) => net.targets.map((target, t) => ({ net, target, t, class: classOf(target) })))
  const running = jobs.filter((job) => job.class !== undefined && isCovered(job.net, job.target))
  const others = jobs.filter((job) => !running.includes(job)).map(({ net, target }) => `${net.net}: ${target.text}`)

  test(`${running.length} of ${jobs.length} targets run; others: ${others.join(' · ')}`, () => {
    expect([...new Set(running.map(({ net }) => net.net))]).toEqual(expect.arrayContaining(required))
    expect(running.length).toBeGreaterThanOrEqual(2 * required.length - 1)
  })

  for (const { net, target, t, class: index } of running) {
    test(`${net.net}, target ${t}: ${target.text}`, () => mapsAreTrue(net, target, index as number))
  }

  describe('layers found by themselves', () => {
    for (const net of nets.filter((each) => automaticOf.includes(each.net))) {
      test(net.net, async () => {
        const { feature, reduction } = await layersOf(net.model)
        expect(feature.name).toBe(automatic[net.net] ?? 'features')
        expect(reduction.name).toBe(net.net === 'multilabel' ? 'logits' : net.targets[0]?.output)
        expect(feature.why).not.toBe('')
        expect(feature.certain).toBe(!['lraspp', 'yolo'].includes(net.net))
      })
    }
  })
})

async function mapsAreTrue(net: LoadedNet, target: NetTarget, index: number): Promise<void> {
  const options = { featureLayer: net.features.tensor, reductionLayer: target.output, target: index, upsample: 'none' } as const
  const bare = await explained(net, { ...options, normalize: 'none' })
  bare.forEach(({ logit }, n) => expect(logit).toBeCloseTo(target.score[n] as number, 4))
  closeTo(
    bare.map(({ raw }) => raw),
    target.raw['gradcam_linear'],
    'raw, signed',
  )
  closeTo(
    bare.map(({ map }) => map),
    target.raw['gradcam'],
    'after ReLU',
  )
  const normal = await explained(net, { ...options, normalize: 'minmax' })
  closeTo(
    normal.map(({ map }) => map),
    target.norm['gradcam'],
    'normalised',
  )
}

function closeTo(maps: ExplanationData['map'][], row: LoadedNet['targets'][number]['raw'][string] | undefined, what: string): void {
  if (!row) return // left out where float32 cannot hold it
  const [batch, height, width] = row.map.dims as [number, number, number]
  expect(maps.map((map) => [map.height, map.width])).toEqual(Array.from({ length: batch }, () => [height, width]))
  const data = new Float32Array(sizeOf(row.map.dims))
  maps.forEach((map, n) => data.set(map.data, n * height * width))
  expectClose(data, row.map.data as Float32Array, row.tolerance, what)
}
