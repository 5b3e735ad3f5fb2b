/** @file WebGPU in a browser: the map of WebAssembly, compared with it before it is shown. */
import { expect, test } from 'vitest'
import { buildModel, node } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { numbers } from '../support/finite-differences.ts'
import { headed } from '../support/small-nets.ts'
import { missingBrowser, openPage, softwareWebGpu } from './chromium.ts'
import { servePage } from './serve.ts'

interface Answers {
  answers: { device: string; map: number[] }[]
  failed: string
}

test.skipIf(missingBrowser)(
  missingBrowser ? `skipped: ${missingBrowser}` : 'the same map, and where it was made',
  { timeout: 90_000 },
  async () => {
    const six = buildModel({
      inputs: { x: [1, 6, 8, 8] },
      outputs: { y: [1, 4, 6, 6] },
      weights: { w: numbers(1, [4, 6, 3, 3]) },
      nodes: [node('Conv', ['x', 'w'], 'y')],
    })
    const served = await servePage(new URL('webgpu-page.ts', import.meta.url), { '/model.onnx': buildModel(headed()), '/six.onnx': six })
    const page = await openPage(served.url, undefined, softwareWebGpu)
    const { answers, failed } = JSON.parse(await Promise.race([served.answer, page.ended])) as Answers
    await page.close()
    served.close()
    expect(answers.map(({ device }) => device)).toEqual(['cpu', 'webgpu', 'webgpu'])
    for (const { map, device } of answers) expectClose(map, answers[0]?.map ?? [], { atol: 1e-4, rtol: 0 }, device)
    expect(failed).toMatch(/^webgpu computes the node y\/node \(Conv\) wrong: /)
  },
)
