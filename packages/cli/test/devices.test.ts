/** @file `--device`: where the network runs is said where it is not the CPU, and a device that is not here is refused with what is. */
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { buildModel } from '../../gradcam/test/support/build.ts'
import { unavailable, useSoftwareAdapter } from '../../gradcam/test/support/providers.ts'
import { headed } from '../../gradcam/test/support/small-nets.ts'
import { workplace } from './command.ts'

const { path, run } = workplace()

test('an unknown device, and one that WebAssembly does not have', async () => {
  const { code, stderr } = await run('explain', 'coffee.png', '--device', 'webgu')
  expect(code).toBe(2)
  expect(stderr).toMatch(/^gradcam: unknown --device: webgu\n {2}hint: (did you mean webgpu\? )?this build has cpu\b.*\n$/)
  const wasm = await run('predict', 'coffee.png', '--device', 'webgpu', '--engine', 'wasm')
  expect(wasm).toEqual({
    code: 2,
    stdout: '',
    stderr: 'gradcam: the engine wasm runs on the CPU alone, not on webgpu\n  hint: leave --engine out, or --device\n',
  })
})

test('the CPU is not worth a word', async () => {
  const { code, stdout } = await run('explain', 'coffee.png', '--device', 'cpu', '-o', 'cpu.png')
  expect(code).toBe(0)
  expect(stdout).not.toMatch(/device|cpu$/m)
})

// elsewhere VK_ICD_FILENAMES does not say which graphics card there is
test.skipIf(process.platform !== 'linux' || process.arch !== 'x64')(
  'on Linux, without a driver: what is missing, and the way out',
  async () => {
    const before = process.env['VK_ICD_FILENAMES']
    process.env['VK_ICD_FILENAMES'] = path('none.json')
    const { code, stderr } = await run('explain', 'coffee.png', '--device', 'webgpu')
    if (before === undefined) delete process.env['VK_ICD_FILENAMES']
    else process.env['VK_ICD_FILENAMES'] = before
    expect(code).toBe(2)
    expect(stderr).toMatch(/^gradcam: --device webgpu cannot be used here: .*adapter/m)
    expect(stderr).toMatch(/^ {2}hint: it needs .*Vulkan.*\. Without --device the CPU runs the network\n$/m)
  },
)

const missing = unavailable('webgpu')
describe.skipIf(missing)(missing ? `webgpu: skipped, ${missing}` : 'webgpu', () => {
  test('is told in text, JSON and report', { timeout: 120_000 }, async () => {
    useSoftwareAdapter()
    writeFileSync(path('headed.onnx'), buildModel(headed()))
    const device = ['--model', 'headed.onnx', '--scale', '1/255', '--device', 'webgpu']
    const { code, stdout } = await run('explain', 'coffee.png', ...device, '--json', 'one.json', '--report', 'one.html')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ {2}device {11}webgpu$/m)
    expect(JSON.parse(readFileSync(path('one.json'), 'utf8'))).toMatchObject({ device: 'webgpu' })
    expect(readFileSync(path('one.html'), 'utf8')).toContain('device webgpu')
  })
})
