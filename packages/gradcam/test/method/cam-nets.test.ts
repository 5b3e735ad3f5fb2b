/** @file The CAM family on whole networks against native torch modules in float64: ../shared/golden/nets. */
import { expect, test } from 'vitest'
import type { ExplanationData } from '../../src/explain/explanation.ts'
import { sizeOf } from '../../src/core/tensor.ts'
import { expectClose } from '../support/close.ts'
import { type CamRows, listNets, type LoadedNet, loadNet, type NetTarget } from '../support/golden-nets.ts'
import { classOf, explainedBy, isCovered } from '../support/net-targets.ts'
import { describeShared } from '../support/shared.ts'

/** Methods with the row that each must reproduce. ReLU is the last step of the first group; the others are signed. */
const rectified: Record<string, string> = {
  'grad-cam': 'gradcam',
  'grad-cam++': 'gradcam_pp',
  'layer-cam': 'layercam',
  'xgrad-cam': 'xgradcam',
}
const signed: Record<string, string> = {
  'grad-cam': 'gradcam_linear',
  'hires-cam': 'hirescam',
  'eigen-cam': 'eigencam',
  'eigengrad-cam': 'eigengradcam',
}

describeShared('the CAM family on networks', 'golden/nets/index.json', () => {
  const nets = listNets().map(({ net }) => loadNet(net))
  const jobs = nets.flatMap((net) => net.targets.map((target, t) => ({ net, target, t, class: classOf(target) })))
  const running = jobs.filter((job) => job.class !== undefined && isCovered(job.net, job.target))

  test('every row is there, on 41 targets and more', () => {
    const rows = new Set(running.flatMap(({ target }) => Object.keys(target.raw)))
    expect([...rows]).toEqual(expect.arrayContaining([...Object.values(rectified), ...Object.values(signed), 'gradcam_pp_eps']))
    expect(running.length).toBeGreaterThanOrEqual(41)
  })

  for (const { net, target, t, class: index } of running) {
    test(`${net.net}, target ${t}: ${target.text}`, () => rowsAreTrue(net, target, index as number))
  }
})

async function rowsAreTrue(net: LoadedNet, target: NetTarget, index: number): Promise<void> {
  const common = { featureLayer: net.features.tensor, reductionLayer: target.output, target: index, upsample: 'none' } as const
  const relu = await explainedBy(net, { ...common, method: Object.keys(rectified), activation: 'relu' })
  Object.values(rectified).forEach((row, m) => {
    const mine = relu.map((methods) => methods[m] as ExplanationData)
    closeTo(
      mine.map(({ raw }) => raw.data.map((value) => Math.max(0, value))),
      target.raw,
      row,
    )
    closeTo(
      mine.map(({ map }) => map.data),
      target.norm,
      row,
    )
  })
  const bare = await explainedBy(net, { ...common, method: Object.keys(signed), activation: 'none' })
  Object.values(signed).forEach((row, m) => {
    const mine = bare.map((methods) => methods[m] as ExplanationData)
    closeTo(
      mine.map(({ raw }) => raw.data),
      target.raw,
      row,
    )
    closeTo(
      mine.map(({ map }) => map.data),
      target.norm,
      row,
    )
  })
  const options = { denominator: 'pytorch-grad-cam' }
  const eps = await explainedBy(net, { ...common, method: 'grad-cam++', options })
  closeTo(
    eps.map(([why]) => (why as ExplanationData).raw.data.map((value) => Math.max(0, value))),
    target.raw,
    'gradcam_pp_eps',
  )
}

function closeTo(maps: Float32Array[], rows: CamRows, name: string): void {
  const row = rows[name]
  if (!row) return // left out where float32 cannot hold it, or an axis is not well defined
  const size = sizeOf(row.map.dims.slice(1))
  const data = new Float32Array(maps.length * size)
  maps.forEach((map, n) => data.set(map, n * size))
  expectClose(data, row.map.data as Float32Array, row.tolerance, name)
}
