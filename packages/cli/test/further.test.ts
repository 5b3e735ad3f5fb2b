/** @file A network of two photos: `--input` gives the other one, `--image-input` says which is explained. */
import { readFileSync, writeFileSync } from 'node:fs'
import { type ElementType, readNpy, writeNpy } from 'gradcam'
import { expect, test } from 'vitest'
import { buildModel, node } from '../../gradcam/test/support/build.ts'
import { workplace } from './command.ts'

const { path, run } = workplace()
const tensor = (values: readonly number[], dims: readonly number[]) => ({
  type: 'float32' as ElementType,
  dims,
  data: Float32Array.from(values),
})

// scores: the means of left and of right, which are even, in the units of ImageNet
const halves = ['left', 'right'].flatMap((name) => [
  node('Conv', [name, 'w'], `${name}/c`),
  node('Relu', [`${name}/c`], `${name}/f`),
  node('GlobalAveragePool', [`${name}/f`], `${name}/p`),
  node('Flatten', [`${name}/p`], `${name}/flat`),
])
const model = buildModel({
  inputs: { left: [1, 1, 8, 8], right: [1, 1, 8, 8] },
  outputs: { scores: [1, 4] },
  weights: { w: tensor([1, 2], [2, 1, 1, 1]) },
  nodes: [...halves, node('Concat', ['left/flat', 'right/flat'], 'scores', { axis: 1 })],
})
writeFileSync(path('pair.onnx'), model)
writeFileSync(
  path('left.npy'),
  writeNpy(
    tensor(
      Array.from({ length: 64 }, () => 0.25),
      [1, 1, 8, 8],
    ),
  ),
)
writeFileSync(
  path('right.npy'),
  writeNpy(
    tensor(
      Array.from({ length: 64 }, () => 0.5),
      [1, 1, 8, 8],
    ),
  ),
)

test('the other input as a tensor, for predict, explain and layers', async () => {
  const { code, stdout } = await run('predict', 'left.npy', '-m', 'pair.onnx', '--input', 'right=right.npy')
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^1\.000 +class 3 +3\n *0\.50 /)])
  const explained = await run(
    'explain',
    'left.npy',
    '-m',
    'pair.onnx',
    '--input',
    'right=right.npy',
    '-t',
    '1',
    '--save-map',
    'map.npy',
    '--json',
    '-q',
  )
  expect(JSON.parse(explained.stdout)).toMatchObject({ score: 0.5, featureLayer: { name: 'left/f' } })
  expect(readNpy(readFileSync(path('map.npy'))).dims).toEqual([8, 8])
  const layers = await run('layers', '--path', 'left.npy', '-m', 'pair.onnx', '--input', 'right=right.npy', '-t', '1')
  expect([layers.code, layers.stdout]).toEqual([0, expect.stringMatching(/^feature +left\/f /m)])
})

test('the other input as a photo, and which one is explained', async () => {
  const { code, stdout } = await run('layers', '-m', 'pair.onnx', '--image-input', 'right')
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^feature +right\/f /m)])
  const explained = await run(
    'explain',
    'right.npy',
    '-m',
    'pair.onnx',
    '--image-input',
    'right',
    '--input',
    'left=coffee.png',
    '-t',
    '2',
    '--json',
    '-q',
  )
  expect(JSON.parse(explained.stdout)).toMatchObject({ score: 0.5, featureLayer: { name: 'right/f' } })
})

test('what is missing or wrong is said in flags', async () => {
  const missing = await run('predict', 'left.npy', '-m', 'pair.onnx')
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('--input right=FILE')])
  const unknown = await run('layers', '-m', 'pair.onnx', '--image-input', 'rigth')
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringMatching(/did you mean right\?.*--image-input is one of left, right/)])
  const malformed = await run('predict', 'left.npy', '-m', 'pair.onnx', '--input', 'right')
  expect([malformed.code, malformed.stderr]).toEqual([2, expect.stringContaining('NAME=FILE is expected')])
})
