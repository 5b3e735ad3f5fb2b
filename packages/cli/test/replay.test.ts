/** @file `gradcam replay`: the same map from what --json wrote; another photo, a changed record or no record is said. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { workplace } from './command.ts'

const { path, run } = workplace()

test('every explanation of a file is made again, to the last digit', async () => {
  const options = ['--size', '96', '--method', 'grad-cam,rise', '--set', 'samples=20', '--seed', '7', '-t', 'top-2']
  expect((await run('explain', 'coffee.png', ...options, '--json', 'why.json')).code).toBe(0)
  const { code, stdout } = await run('replay', 'why.json', '--size', '96')
  expect(stdout.trim().split('\n')).toHaveLength(4)
  expect(stdout.match(/the same map, to the last digit/g)).toHaveLength(4)
  expect(code).toBe(0)
})

test('lines are read, the photo may lie elsewhere, and a figure is drawn', async () => {
  await run('explain', 'coffee.png', '--size', '96', '--json', 'why.jsonl')
  copyFileSync(path('coffee.png'), path('moved.png'))
  const { code, stdout } = await run('replay', 'why.jsonl', 'moved.png', '-o', 'again.png')
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/by grad-cam: the same map/) })
  expect(readFileSync(path('again.png')).subarray(1, 4).toString()).toBe('PNG')
})

test('a map that differs is said, with exit code 1', async () => {
  await run('explain', 'coffee.png', '--size', '96', '--json', 'one.json')
  const json = JSON.parse(readFileSync(path('one.json'), 'utf8')) as { raw: { data: number[] } }
  json.raw.data[0] = (json.raw.data[0] ?? 0) + 1
  writeFileSync(path('one.json'), JSON.stringify(json))
  expect(await run('replay', 'one.json')).toMatchObject({ code: 1, stdout: expect.stringContaining('differs by up to') })
})

test('another photo, and what is no record', async () => {
  await run('explain', 'coffee.png', '--size', '96', '--json', 'two.json')
  const other = await run('explain', 'coffee.png', '-o', 'other.png')
  expect(other.code).toBe(0)
  expect(await run('replay', 'two.json', 'other.png')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('is not the one that was explained'),
  })
  writeFileSync(path('no.json'), '{"a": 1}')
  expect(await run('replay', 'no.json', 'coffee.png')).toMatchObject({ code: 2 })
  expect(await run('replay', 'missing.json')).toMatchObject({ code: 2 })
})
