/** @file Rules and networks on WebGPU, without a GPU on Chromium's software adapter: one check per operator here, all in `npm run test:conformance`. */
import type { Check } from './conformance-check.ts'
import { conformance } from './conformance.ts'

const networks = ['resnet_basic', 'mobilenet_v2', 'convnext']

/** The first check of every operator, detours around faults, and the first target of three networks. */
function sample(all: readonly Check[]): Check[] {
  const met = new Set<string>()
  return all.filter(({ title, operators }) => {
    const fresh = operators.some((operator) => !met.has(operator))
    for (const operator of operators) met.add(operator)
    return fresh || title.includes('/differences, ') || networks.some((net) => title === `network ${net}, target 0`)
  })
}

conformance('webgpu', sample)
