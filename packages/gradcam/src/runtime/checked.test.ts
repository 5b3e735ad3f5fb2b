/** @file A device beside the CPU, with runtimes that multiply by a number: what is compared, how often, and who is blamed. */
import { expect, test } from 'vitest'
import { GradcamError } from '../core/errors.ts'
import { float32, type Tensor } from '../core/tensor.ts'
import { checkedRuntime } from './checked.ts'
import type { Provider, Runtime } from './runtime.ts'

const model = { bytes: new Uint8Array(), external: [] }
const x = float32([1, 2], [2])
const failure = (): GradcamError => new GradcamError('run-failed', 'the runtime failed while running the model: no', { hint: 'none' })

interface Fake {
  factor?: number
  opens?: boolean
  runs?: boolean
}

function fake(provider: Provider, { factor = 1, opens = true, runs = true }: Fake = {}) {
  const seen = { opened: 0, runs: 0, open: 0 }
  const runtime: Runtime = {
    ...{ name: provider, provider },
    async open() {
      if (!opens) throw new GradcamError('model-refused', `the runtime cannot open the model: not on ${provider}`, { hint: 'none' })
      seen.opened++
      seen.open++
      return {
        ...{ inputs: [], outputs: [] },
        async run({ x }) {
          if (!runs) throw failure()
          seen.runs++
          const { data, dims } = x as Tensor
          return {
            y: float32(
              Float32Array.from(data as Float32Array, (value) => value * factor),
              dims,
            ),
            z: x as Tensor,
          }
        },
        release: async () => void seen.open--,
      }
    },
  }
  return { runtime, seen }
}

test('only the first run is compared, also where several begin together', async () => {
  const [device, cpu] = [fake('webgpu', { factor: 1.0001 }), fake('cpu')]
  const session = await checkedRuntime(device.runtime, cpu.runtime).open(model)
  const results = await Promise.all([session.run({ x }, ['y']), session.run({ x }, ['y']), session.run({ x })])
  // the device's own numbers
  expect(results[0]).toEqual({ y: float32([1.0001, 2.0002], [2]) })
  expect(Object.keys(results[2] ?? {})).toEqual(['y', 'z'])
  expect([device.seen.runs, cpu.seen]).toEqual([3, { opened: 1, runs: 1, open: 0 }])
})

test('what differs is refused, each time', async () => {
  const [device, cpu] = [fake('dml', { factor: 1.01 }), fake('cpu')]
  const session = await checkedRuntime(device.runtime, cpu.runtime).open(model)
  for (const fetches of [['z'], undefined])
    await expect(session.run({ x }, fetches)).rejects.toMatchObject({
      code: 'run-failed',
      message: 'dml computes something else than the CPU: y [2] is off by 0.010 of its size',
      hint: expect.stringContaining('`device`'),
      data: { device: 'dml', output: 'y', tolerance: 1e-3 },
    })
  expect(cpu.seen).toEqual({ opened: 2, runs: 2, open: 0 })
})

test('runs that look at shapes are the CPU’s', async () => {
  const [device, cpu] = [fake('cuda', { factor: 3 }), fake('cpu')]
  const session = await checkedRuntime(device.runtime, cpu.runtime).open(model, { optimize: false })
  expect((await session.run({ x }))['y']).toEqual(x)
  expect(device.seen.opened).toBe(0)
})

test.each<[string, Fake, Fake, object]>([
  [
    'a device that cannot open it',
    { opens: false },
    {},
    { code: 'model-refused', message: 'webgpu cannot open the model, and the CPU can: not on webgpu', data: { device: 'webgpu' } },
  ],
  [
    'a model that nothing opens',
    { opens: false },
    { opens: false },
    { code: 'model-refused', message: expect.stringContaining('not on cpu') },
  ],
  [
    'a device that cannot run it',
    { runs: false },
    {},
    { code: 'run-failed', message: 'webgpu fails while running the model: no', hint: expect.stringContaining('`device`') },
  ],
  [
    'inputs that nothing runs',
    { runs: false },
    { runs: false },
    { code: 'run-failed', message: expect.stringMatching(/^the runtime failed/) },
  ],
])('%s', async (_, there, here, error) => {
  const [device, cpu] = [fake('webgpu', there), fake('cpu', here)]
  const attempt = async () => (await checkedRuntime(device.runtime, cpu.runtime).open(model)).run({ x })
  await expect(attempt()).rejects.toMatchObject(error)
  expect(cpu.seen.open).toBe(0)
})
