/** @file The smaller commands, help, and the way a pipe and an interruption are treated. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { colormapNames, readNpy, readTensorProto, writeNpy } from 'gradcam'
import { embedded } from 'gradcam-models'
import { expect, test } from 'vitest'
import { finished, start, workplace } from './command.ts'

const { folder, path, run } = workplace()
const values = Float32Array.from({ length: 3 * 64 * 64 }, (_, i) => Math.sin(i))
writeFileSync(path('image.npy'), writeNpy({ type: 'float32', dims: [1, 3, 64, 64], data: values }))

test('layers: a table with shapes and reasons', async () => {
  const { code, stdout } = await run('layers')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^feature +head\/output +Clip +\[N, 1280, 7, 7\] +\S/m)
  expect(stdout).toMatch(/^reduction +logits +/m)
})

test('layers --json', async () => {
  const { stdout } = await run('layers', '--json', '--model', embedded.directory)
  expect(JSON.parse(stdout)).toMatchObject({ feature: { name: 'head/output' }, reduction: { name: 'logits' } })
})

test('predict: the best classes', async () => {
  const { code, stdout } = await run('predict', 'coffee.png', '--top', '3')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^0\.\d{2,3} +espresso +967\n/)
  expect(stdout.trim().split('\n')).toHaveLength(3)
})

test('gradient: .npy and .pb, by index and by seed', async () => {
  const model = join(embedded.directory, 'onnx', 'model.onnx')
  const common = ['gradient', '-m', model, '--input', 'image=image.npy', '--of', 'logits', '--wrt', 'head/output']
  const stdout = 'g.npy: float32 [1, 1280, 2, 2]\n'
  expect(await run(...common, '--index', '967', '--out', 'g.npy')).toEqual({ code: 0, stdout, stderr: '' })
  const seed = new Float32Array(1000)
  seed[967] = 1
  writeFileSync(path('seed.npy'), writeNpy({ type: 'float32', dims: [1, 1000], data: seed }))
  expect((await run(...common, '--seed', 'seed.npy', '--out', 'g.pb')).code).toBe(0)
  expect(readTensorProto(readFileSync(path('g.pb'))).data).toEqual(readNpy(readFileSync(path('g.npy'))).data)
})

test.each([
  [['--index', '1', '--of', 'logitz', '--wrt', 'image'], 2, /logits/],
  [['--index', '1000', '--of', 'logits', '--wrt', 'image'], 2, /1000/],
  [['--of', 'logits', '--wrt', 'image'], 2, /--index/],
] as const)('gradient %j', async (args, code, says) => {
  const result = await run('gradient', '--input', 'image=image.npy', '--out', 'bad.npy', ...args)
  expect(result).toMatchObject({ code, stdout: '' })
  expect(result.stderr).toMatch(says)
})

test('methods and colormaps list the tables', async () => {
  expect((await run('methods')).stdout).toMatch(/^grad-cam /m)
  expect((await run('colormaps')).stdout.trim().split('\n')).toEqual([...colormapNames])
})

test('without arguments: help; with --version: the version', async () => {
  const { code, stdout } = await run()
  expect(code).toBe(0)
  for (const word of ['explain', 'layers', 'predict', 'gradient', 'Examples:']) expect(stdout).toContain(word)
  expect((await run('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  expect((await run('explain', '--help')).stdout).toContain('--feature-layer')
})

test('a reader that leaves early is no error', async () => {
  const child = start(['explain', '--help'], folder)
  child.stdout?.destroy()
  expect(await finished(child)).toMatchObject({ code: 0, stderr: '' })
})

test('Ctrl-C stops with 130, says how far it came, keeps the results so far and leaves no half-written file', async () => {
  mkdirSync(path('many'))
  for (let i = 0; i < 200; i++) copyFileSync(path('coffee.png'), path('many', `${i}.png`))
  const child = start(['explain', 'many', '-o', 'stopped', '--json', 'stopped.jsonl'], folder)
  child.stdout?.once('data', () => child.kill('SIGINT'))
  const { code, stderr } = await finished(child)
  expect(code).toBe(130)
  const done = Number(/^stopped after (\d+) of 200 photos\n$/.exec(stderr)?.[1])
  expect(done).toBeGreaterThan(0)
  const lines = readFileSync(path('stopped.jsonl'), 'utf8').trim().split('\n')
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ label: 'espresso' })
  expect([done, done + 1]).toContain(lines.length)
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
  const written = readdirSync(path('stopped'))
  expect(written.length).toBeGreaterThan(0)
  for (const name of written) expect(readFileSync(path('stopped', name)).subarray(-8, -4).toString()).toBe('IEND')
})
