/** @file Several methods and targets, their options; masks, boxes, contours and reports; more maps than a picture can show. */
import { spawnSync } from 'node:child_process'
import { closeSync, copyFileSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { methods, readNpy, writeNpy } from 'gradcam'
import { readImage } from 'gradcam/node'
import { describe, expect, test } from 'vitest'
import { kebab } from '../src/flags/case.ts'
import { bin, finished, start, workplace } from './command.ts'

const { folder, path, run } = workplace()
const lines = (text: string): Record<string, unknown>[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

test('methods side by side: repeated or by commas, each once, options to those that have them', async () => {
  const flags = [
    '--method',
    'grad-cam,occlusion',
    '--method',
    'occlusion,saliency',
    '--set',
    'patch=0.5',
    '--set',
    'channels=abs',
    '--seed',
    '7',
  ]
  const { code, stdout, stderr } = await run(
    'explain',
    'coffee.png',
    ...flags,
    '--json',
    'all.jsonl',
    '-o',
    'all.png',
    '--save-map',
    'all.npy',
  )
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  for (const method of ['grad-cam', 'occlusion', 'saliency'])
    expect(stdout).toMatch(new RegExp(`^espresso 0\\.\\d{2,3}  ${method}(?:: .*)?$`, 'm'))
  const found = lines(readFileSync(path('all.jsonl'), 'utf8'))
  expect(found.map(({ method }) => method)).toEqual(['grad-cam', 'occlusion', 'saliency'])
  expect(found.map(({ options }) => options)).toMatchObject([{}, { patch: 0.5 }, { channels: 'abs' }])
  expect(readNpy(readFileSync(path('all.npy'))).dims).toEqual([3, 224, 224])
  const { width } = await readImage(path('all.png'))
  expect(width).toBeGreaterThan(3 * (await readImage(path('coffee.png'))).width)
})

test('contours, box, scale and colour map change the picture; the box is in the JSON', async () => {
  const draw = async (name: string, ...flags: string[]): Promise<Buffer> => {
    expect(await run('explain', 'coffee.png', '-t', 'top-2', '-o', name, '-q', ...flags)).toEqual({ code: 0, stdout: '', stderr: '' })
    return readFileSync(path(name))
  }
  const plain = await draw('plain.png')
  for (const flags of [
    ['--contours', '0.25,0.5'],
    ['--box'],
    ['--color-scale', 'shared'],
    ['--activation', 'none', '--normalize', 'max'],
  ]) {
    expect((await draw('other.png', ...flags)).equals(plain), flags.join(' ')).toBe(false)
  }
  const [first] = lines((await run('explain', 'coffee.png', '--json', '-o', 'x.png')).stdout)
  expect(first).toMatchObject({
    box: { x: expect.any(Number), y: expect.any(Number), width: expect.any(Number), height: expect.any(Number) },
  })
})

test('a mask is a black and white PNG as large as the photo; several get numbers', async () => {
  await run('explain', 'coffee.png', '--save-mask', 'mask.png', '--mask-threshold', '0.5', '-o', 'x.png', '--json', 'mask.jsonl')
  const { width, height } = await readImage(path('coffee.png'))
  const mask = await readImage(path('mask.png'))
  expect(mask).toMatchObject({ width, height })
  expect(new Set(mask.data)).toEqual(new Set([0, 255]))
  expect(lines(readFileSync(path('mask.jsonl'), 'utf8'))[0]?.['files']).toMatchObject({ mask: 'mask.png' })
  const { stdout } = await run('explain', 'coffee.png', '-t', 'top-2', '--save-mask', 'two.png', '-o', 'x.png')
  expect(stdout).toContain('two-1.png … two-2.png')
  expect([existsSync(path('two.png')), existsSync(path('two-1.png')), existsSync(path('two-2.png'))]).toEqual([false, true, true])
})

test('a numbered mask never replaces a photo', async () => {
  copyFileSync(path('coffee.png'), path('own-1.png'))
  const before = readFileSync(path('own-1.png'))
  const result = await run('explain', 'own-1.png', '-t', 'top-2', '--save-mask', 'own.png', '-o', 'x.png')
  expect(result).toMatchObject({ code: 2, stdout: '' })
  expect(result.stderr).toContain('overwritten')
  expect(readFileSync(path('own-1.png')).equals(before)).toBe(true)
})

test('a report a photo; names of photos are text; our own files are not explained again', async () => {
  mkdirSync(path('album'))
  for (const name of ['a.png', '<script>alert(1)<!--.png']) copyFileSync(path('coffee.png'), path('album', name))
  const flags = ['--report', 'album/', '-o', 'album/', '--save-mask', 'album/']
  expect((await run('explain', 'album', ...flags)).stderr).toBe('2 explained\n')
  expect(readdirSync(path('album')).filter((name) => name.endsWith('.html'))).toHaveLength(2)
  const page = readFileSync(path('album', '<script>alert(1)<!--.gradcam.html'), 'utf8')
  expect(page).not.toContain('<script>')
  expect(page).toContain('&lt;script&gt;alert(1)&lt;!--.png')
  expect((await run('explain', 'album', ...flags)).stderr).toBe('2 explained\n')
})

test('a tensor has picture, mask and report without a photo', async () => {
  writeFileSync(path('x.npy'), writeNpy({ type: 'float32', dims: [1, 3, 64, 64], data: new Float32Array(3 * 64 * 64).fill(0.1) }))
  const { code } = await run('explain', 'x.npy', '-o', 'x.png', '--save-mask', 'xm.png', '--report', 'x.html', '--box', '--contours', '0.5')
  expect(code).toBe(0)
  expect(await readImage(path('xm.png'))).toMatchObject({ width: 64, height: 64 })
  expect(readFileSync(path('x.html'), 'utf8')).toContain('no photo to show')
})

describe('more maps than a picture can show', () => {
  test('are refused, before anything runs, with the way out', async () => {
    const before = readdirSync(folder)
    const result = await run('explain', 'coffee.png', '-t', 'top-30')
    expect(result).toMatchObject({ code: 2, stdout: '' })
    expect(result.stderr).toMatch(/30 maps[^]*--json[^]*--save-map/)
    expect((await run('explain', 'coffee.png', '-t', 'top-30', '--json', '-o', 'x.png')).code).toBe(2)
    expect((await run('explain', 'coffee.png', '-t', 'top-60', '--method', 'grad-cam,saliency', '--report', 'x.html')).code).toBe(2)
    expect(readdirSync(folder)).toEqual(before)
  })

  test('are no picture but numbers, where numbers are asked for', async () => {
    const { code, stdout } = await run('explain', 'coffee.png', '-t', 'top-30', '--json', '--save-map', 'many.npy')
    expect(code).toBe(0)
    expect(lines(stdout)).toHaveLength(30)
    expect(lines(stdout)[0]?.['files']).toEqual({ photo: 'coffee.png', map: 'many.npy' })
    expect(readNpy(readFileSync(path('many.npy'))).dims).toEqual([30, 224, 224])
  })
})

test.each([
  [['--set', 'patch'], 2, /name=value/],
  [['--set', '=3'], 2, /name=value/],
  [['--set', 'patsh=0.1', '--method', 'occlusion'], 2, /occlusion does not take --set patsh[^]*patch/],
  [['--set', 'patsh=0.1', '--method', 'occlusion,grad-cam'], 2, /none of occlusion, grad-cam takes --set patsh[^]*patch/],
  [['--set', 'patch=2', '--method', 'grad-cam,occlusion'], 2, /number from 0\.001 to 1/],
  [['--method', 'grad-cam,oclusion'], 2, /did you mean occlusion/],
  [['--method', 'grad-cam,'], 2, /--method/],
  [['--seed', '1.5'], 2, /4294967295/],
  [['--color-scale', 'sharde'], 2, /did you mean shared\? --color-scale is one of own, shared/],
  [['--contours', '0.5,x'], 2, /--contours/],
  [['--contours', '3'], 2, /-1 to 1/],
  [['--mask-threshold', '0.3'], 2, /--save-mask/],
  [['--save-mask', 'm.jpg'], 2, /\.png/],
  [['--save-mask', 'same.png', '-o', 'same.png'], 2, /two results/],
  [['--report', 'why.txt'], 2, /\.html/],
  [['--report', 'coffee.png/why.html'], 1, /cannot write/],
  [['--report', '/dev/full'], 1, /disk is full/],
  [['--save-mask', '/dev/full'], 1, /disk is full/],
  [['--method', 'grad-cam,saliency', '--upsample', 'none', '--save-map', 'odd.npy'], 2, /7×7 and 224×224/],
])('explain %j', async (flags, code, says) => {
  const result = await run('explain', 'coffee.png', ...flags)
  expect(result).toMatchObject({ code, stdout: '' })
  expect(result.stderr).toMatch(/^gradcam: .+\n {2}hint: .+\n$/)
  expect(result.stderr).toMatch(says)
})

test.skipIf(!existsSync('/dev/full'))('a full disk behind stdout: one clear line', () => {
  const full = openSync('/dev/full', 'w')
  const { status, stderr } = spawnSync(process.execPath, [bin, 'explain', 'coffee.png', '-o', 'full.png'], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', full, 'pipe'],
  })
  closeSync(full)
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: 'gradcam: cannot write the output: the disk is full\n  hint: choose another place\n',
  })
})

test('very many maps: the best are told of, and a warning names what it is about', async () => {
  const { stdout, stderr } = await run('explain', 'coffee.png', '-t', 'all', '--save-map', 'all.npy')
  const [first = '', ...rest] = stdout.split('\n')
  expect(first).toMatch(/^espresso 0\.\d+$/)
  expect(rest.find((line) => line.includes('more of lower score'))).toBe(
    `  and ${(readNpy(readFileSync(path('all.npy'))).dims[0] as number) - 10} more of lower score`,
  )
  if (stderr !== '') expect(stderr).toMatch(/warning: (\d+ of \d+ maps|.+): no place speaks/)
})

test('Ctrl-C ends a method of many runs with 130, and leaves nothing', async () => {
  const before = readdirSync(folder)
  const flags = ['--method', 'occlusion', '--set', 'stride=0.005', '-o', 'stop.png', '--json', 'stop.jsonl', '--report', 'stop.html']
  const child = start(['explain', 'coffee.png', ...flags], folder)
  // a loaded machine starts slowly
  setTimeout(() => child.kill('SIGINT'), 8000)
  expect(await finished(child)).toEqual({
    code: 130,
    stdout: '',
    stderr: expect.stringMatching(/^stopped after \d+ of \d+ runs\n$/) as string,
  })
  expect(readdirSync(folder)).toEqual(before)
}, 60_000)

describe('gradcam methods', () => {
  test('lists all, by family', async () => {
    const { stdout } = await run('methods')
    for (const { name, title, cost, source } of methods) {
      const line = stdout.split('\n').find((each) => each.startsWith(`${name} `))
      for (const word of [title, cost, source]) expect(line).toContain(word)
    }
  })

  test.each(methods.map(({ name }) => name))('tells of %s', async (name) => {
    const method = methods.find((each) => each.name === name)
    const { code, stdout } = await run('methods', name)
    expect(code).toBe(0)
    expect(stdout).toContain(method?.source)
    for (const [option, spec] of Object.entries(method?.options ?? {})) {
      expect(stdout).toMatch(new RegExp(`^ +${kebab(option)} +${String(spec.default)} `, 'm'))
    }
    const json: unknown = JSON.parse((await run('methods', name, '--json')).stdout)
    expect(json).toMatchObject({ name, cost: method?.cost, options: method?.options ?? {} })
  })

  test('--json holds the same names; an unknown one is refused', async () => {
    const all = JSON.parse((await run('methods', '--json')).stdout) as { name: string }[]
    expect(all.map(({ name }) => name)).toEqual(methods.map(({ name }) => name))
    expect(await run('methods', 'grad-cm')).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('grad-cam') as string })
  })
})
