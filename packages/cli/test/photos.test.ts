/** @file Photos as they come: through a pipe, as BMP, beside what systems write, under other spellings of their paths. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { bin, workplace } from './command.ts'

const { folder, path, run } = workplace()

test('through a pipe', async () => {
  const piped = spawnSync(process.execPath, [bin, 'predict', '-', '--json'], {
    cwd: folder,
    input: readFileSync(path('coffee.png')),
    encoding: 'utf8',
  })
  expect(piped.status).toBe(0)
  const { top } = JSON.parse((await run('predict', 'coffee.png', '--json')).stdout) as { top: unknown }
  expect(JSON.parse(piped.stdout)).toMatchObject({ top })
})

test('a folder: what is no photo is skipped, with the reason, and no failure', async () => {
  mkdirSync(path('phone'))
  copyFileSync(path('coffee.png'), path('phone', 'a.png'))
  copyFileSync(path('coffee.png'), path('phone', 'B.JPE'))
  writeFileSync(path('phone', '._a.png'), 'Mac OS X')
  writeFileSync(path('phone', 'Thumbs.db'), 'x')
  const { code, stderr } = await run('predict', 'phone')
  expect(code).toBe(0)
  expect(stderr).toMatch(/skipped: /)
  expect(stderr).toContain('._a.png')
  expect(stderr).toContain('Thumbs.db')
})

test('BMP', async () => {
  // 2×2, 24 bits, rows from below and a multiple of four bytes: blue, green / red, white
  const rows = [255, 0, 0, 0, 255, 0, 0, 0, 0, 0, 255, 255, 255, 255, 0, 0]
  const header = Buffer.alloc(54)
  header.write('BM')
  header.writeUInt32LE(70, 2)
  header.writeUInt32LE(54, 10)
  header.writeUInt32LE(40, 14)
  header.writeInt32LE(2, 18)
  header.writeInt32LE(2, 22)
  header.writeUInt16LE(1, 26)
  header.writeUInt16LE(24, 28)
  header.writeUInt32LE(16, 34)
  writeFileSync(path('four.bmp'), Buffer.concat([header, Buffer.from(rows)]))
  expect((await run('predict', 'four.bmp')).code).toBe(0)
})

test('--targets: other spellings of a path are the same photo', async () => {
  writeFileSync(path('targets.json'), JSON.stringify({ './coffee.png': 'teapot' }))
  for (const name of ['coffee.png', './coffee.png', path('coffee.png')]) {
    const { code, stdout } = await run('explain', name, '--targets', 'targets.json', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ label: expect.stringContaining('teapot') })
  }
})

test('addresses', async () => {
  expect((await run('predict', pathToFileURL(path('coffee.png')).href)).code).toBe(0)
  const { code, stderr } = await run('predict', 'https://example.com/a.png')
  expect(code).not.toBe(0)
  expect(stderr).toContain('URLs are not fetched')
})

test('a label that two parts of a target fit', async () => {
  writeFileSync(path('five.json'), JSON.stringify(['red', 'green', 'red|green', 'd', 'e']))
  const { buildModel } = await import('../../gradcam/test/support/build.ts')
  const { headed } = await import('../../gradcam/test/support/small-nets.ts')
  writeFileSync(path('five.onnx'), buildModel(headed()))
  const { code, stdout, stderr } = await run(
    'explain',
    'coffee.png',
    '-m',
    'five.onnx',
    '--labels',
    'five.json',
    '-t',
    'sum:red|green',
    '--json',
  )
  // once, or refused
  if (code === 0) expect((JSON.parse(stdout) as { label: string }).label).toBe('red + green')
  else expect(stderr).toMatch(/red\|green/)
})
