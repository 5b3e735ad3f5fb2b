/** @file `gradcam check-input`: ways in order, as flags that can be copied; what it does not claim. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { float32 } from '../../gradcam/src/core/tensor.ts'
import { buildModel, node } from '../../gradcam/test/support/build.ts'
import { headed } from '../../gradcam/test/support/small-nets.ts'
import { workplace } from './command.ts'

const { path, run } = workplace()
writeFileSync(path('headed.onnx'), buildModel(headed()))

/** Means of channels, less those of coffee.png in the order BGR at 0 … 255, decide for class 0. */
const flat = {
  ...{ inputs: { x: [1, 3, 8, 8] }, outputs: { embedding: [1, 3] } },
  weights: { w: float32([1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3]) },
  nodes: [node('GlobalAveragePool', ['x'], 'p'), node('Flatten', ['p'], 'f'), node('MatMul', ['f', 'w'], 'embedding')],
}
writeFileSync(path('embedding.onnx'), buildModel(flat))

interface Check {
  clear: boolean
  verdict: string
  ways: { name: string; sureness: number; labels: string[]; current: boolean; options: Record<string, unknown> }[]
}

describe('a classifier', () => {
  test('text: the surest first, its flags, a verdict', async () => {
    const { code, stdout } = await run('check-input', 'coffee.png')
    expect(code).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    expect(lines[0]).toMatch(/^sure +preprocessing +of +say it with$/)
    // head, ten ways, an empty line, the verdict
    expect(lines).toHaveLength(13)
    const sure = lines.slice(1, 11).map((line) => Number(line.slice(0, 5)))
    expect(sure).toEqual(sure.toSorted((a, b) => b - a))
    expect(stdout).toContain('--scale 1/255 --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225 --channels rgb')
    expect(stdout).toContain('--scale 1/127.5 --mean 1 --std 1 --channels bgr')
    expect(stdout.match(/\(in use\)/g)).toHaveLength(1)
    expect(lines.at(-1)).toMatch(/^(the network is surest with|cannot tell)/)
  })

  test('JSON', async () => {
    const { code, stdout, stderr } = await run('check-input', 'coffee.png', '-m', 'headed.onnx', '--json')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const check = JSON.parse(stdout) as Check
    expect(check.ways).toHaveLength(10)
    expect(check.ways.filter(({ current }) => current).map(({ name }) => name)).toEqual([
      "RGB, 0 … 1, ImageNet's mean and deviation (torchvision)",
    ])
    for (const { sureness, labels } of check.ways) {
      expect(sureness).toBeGreaterThanOrEqual(0.2)
      expect(labels).toHaveLength(1)
    }
  })

  test('the flags of a way make it the one in use', async () => {
    const flags = ['--scale', '1', '--mean', '103.939,116.779,123.68', '--std', '1', '--channels', 'bgr']
    const check = JSON.parse((await run('check-input', 'coffee.png', '-m', 'headed.onnx', '--json', ...flags)).stdout) as Check
    expect(check.ways.find(({ current }) => current)?.name).toContain('caffe')
  })

  test('several photos of a folder; what is no photo is said', async () => {
    mkdirSync(path('photos'))
    for (const name of ['a.png', 'b.png'])
      writeFileSync(path('photos', name), await (await import('node:fs/promises')).readFile(path('coffee.png')))
    writeFileSync(path('photos', 'notes.txt'), 'x')
    const { stdout, stderr } = await run('check-input', 'photos', '-m', 'headed.onnx', '--json')
    expect((JSON.parse(stdout) as Check).ways[0]?.labels).toHaveLength(2)
    expect(stderr).toMatch(/^skipped: no photos: \.txt \(notes\.txt\)$/m)
  })
})

test('what is no probability: cannot tell, exit 0', async () => {
  const { code, stdout } = await run('check-input', 'coffee.png', '-m', 'embedding.onnx')
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: 'cannot tell: the answers of this network are no probabilities, so nothing shows how sure it is\n',
  })
})

test.each([
  [[], 2, /no photo is named/],
  [['nowhere.png'], 1, /nowhere\.png/],
  [['coffee.png', 'nowhere-*.png'], 1, /no photos match nowhere/],
  [['coffee.png', '--channels', 'bgrr'], 2, /rgb, bgr, grey/],
  [['coffee.png', '-m', 'nowhere.onnx'], 1, /no such model/],
] as const)('%j', async (args, code, says) => {
  const result = await run('check-input', ...args)
  expect(result).toMatchObject({ code, stdout: '' })
  expect(result.stderr).toMatch(says)
})
