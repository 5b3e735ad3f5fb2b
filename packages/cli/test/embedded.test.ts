/** @file The embedded network, chosen by default: another input size, and what is said where it is unsure. */
import { copyFileSync, readFileSync } from 'node:fs'
import { embedded } from 'gradcam-models'
import { readNpy } from 'gradcam'
import { expect, test } from 'vitest'
import { workplace } from './command.ts'

const { path, run } = workplace()
copyFileSync(new URL('../../../examples/photos/astronaut.png', import.meta.url), path('astronaut.png'))

test('--size: a finer map, for explain, predict and layers', async () => {
  const { code } = await run(
    'explain',
    'coffee.png',
    '--size',
    '320x256',
    '--upsample',
    'none',
    '-t',
    'espresso',
    '--save-map',
    'map.npy',
    '-q',
  )
  expect(code).toBe(0)
  expect(readNpy(readFileSync(path('map.npy'))).dims).toEqual([8, 10])
  expect((await run('layers', '--size', '448')).stdout).toMatch(/head\/output .*\[N, 1280, 14, 14\]/)
  const [usual, smaller] = [await run('predict', 'coffee.png'), await run('predict', 'coffee.png', '--size', '160')]
  expect(smaller.stdout).toMatch(/^0\.\d{2,3} +espresso/)
  expect(smaller.stdout).not.toBe(usual.stdout)
})

test.each([
  [['--size', 'large'], /WIDTHxHEIGHT/],
  [['--size', '0'], /WIDTHxHEIGHT/],
  [['--size', '20000'], /1 to 16384/],
])('%j is refused', async (flags, says) => {
  const result = await run('predict', 'coffee.png', ...flags)
  expect(result).toMatchObject({ code: 2, stdout: '' })
  expect(result.stderr).toMatch(says)
})

test.each(['explain', 'predict'])('%s says once where it is unsure, and how another network is named', async (command) => {
  const { code, stderr } = await run(command, 'astronaut.png')
  expect(code).toBe(0)
  expect(stderr).toMatch(
    /^gradcam: warning: astronaut\.png: .*unsure \(football helmet 0\.\d{3}\).* 1000 classes.*\n {2}hint: .*--model.*\n$/,
  )
  const several = await run(command, 'astronaut.png', 'astronaut.png', 'coffee.png')
  expect(several.stderr.match(/unsure/g)).toHaveLength(1)
})

test('it says nothing where it is sure, is quiet, or was named', async () => {
  for (const args of [['coffee.png'], ['astronaut.png', '--quiet'], ['astronaut.png', '--model', embedded.directory]])
    expect((await run('predict', ...args)).stderr).toBe('')
})
