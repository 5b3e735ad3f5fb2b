/** @file Where results go: stdout, JSON documents, figures only where they are wanted; and the words of a wrong call. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, readdirSync, readFileSync } from 'node:fs'
import { readNpy } from 'gradcam'
import { expect, test } from 'vitest'
import { bin, workplace } from './command.ts'

const { folder, path, run } = workplace()
const bytes = (...args: string[]): Buffer =>
  execFileSync(process.execPath, [bin, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
const files = (): string[] => readdirSync(folder).sort()

test('- is stdout: figure, map, mask, report, and nothing else there', () => {
  const before = files()
  expect(bytes('explain', 'coffee.png', '-o', '-').subarray(1, 4).toString()).toBe('PNG')
  expect(readNpy(bytes('explain', 'coffee.png', '--save-map', '-')).type).toBe('float32')
  expect(bytes('explain', 'coffee.png', '--save-mask', '-').subarray(1, 4).toString()).toBe('PNG')
  expect(bytes('explain', 'coffee.png', '--report', '-').toString()).toMatch(/^<!doctype html>[^]*<\/html>\n$/)
  expect(files()).toEqual(before)
})

test.each([
  [['-o', '-', '--report', '-'], /two results would be written to stdout/],
  [['-o', '-', '--json'], /two results/],
  [['--save-mask', '-', '-t', 'top-2'], /2 maps/],
])('one result at most: %j', async (args, says) => {
  const { code, stderr } = await run('explain', 'coffee.png', ...args)
  expect(code).toBe(2)
  expect(stderr).toMatch(says)
})

test('other results than a figure come without one', async () => {
  const before = files()
  for (const [flag, name] of [
    ['--report', 'why.html'],
    ['--save-map', 'map.npy'],
    ['--save-mask', 'mask.png'],
    ['--json', 'why.json'],
  ] as const) {
    expect((await run('explain', 'coffee.png', flag, name)).code).toBe(0)
  }
  expect(files().filter((name) => !before.includes(name))).toEqual(['map.npy', 'mask.png', 'why.html', 'why.json'])
})

test('.json is one document: an object of one explanation, a list of several; .jsonl has lines', async () => {
  copyFileSync(path('coffee.png'), path('other.png'))
  const read = (name: string): unknown => JSON.parse(readFileSync(path(name), 'utf8'))
  await run('explain', 'coffee.png', '--json', 'one.json')
  expect(read('one.json')).toMatchObject({ label: 'espresso' })
  await run('explain', 'coffee.png', '-t', 'top-2', '--json', 'two.json')
  expect(read('two.json')).toMatchObject([{ label: 'espresso' }, {}])
  const { code } = await run('explain', 'coffee.png', 'absent.png', 'other.png', '--json', 'all.json')
  expect(code).toBe(1)
  expect(read('all.json')).toMatchObject([{ label: 'espresso' }, { error: { code: 'image-missing' } }, { label: 'espresso' }])
  await run('explain', 'coffee.png', 'other.png', '--json', 'all.jsonl')
  expect(readFileSync(path('all.jsonl'), 'utf8').trim().split('\n')).toHaveLength(2)
  await run('explain', 'coffee.png', '-t', 'nothing like it', '--json', 'none.json')
  expect(files()).not.toContain('none.json')
})

test('predict --quiet prints nothing, with --json what it asks for', async () => {
  expect(await run('predict', 'coffee.png', '-q')).toEqual({ code: 0, stdout: '', stderr: '' })
  expect(JSON.parse((await run('predict', 'coffee.png', '-q', '--json')).stdout)).toMatchObject({
    top: [{ label: 'espresso' }, {}, {}, {}, {}],
  })
})

test('a symmetric scale keeps both signs', async () => {
  const settings = async (...args: string[]): Promise<object> =>
    (JSON.parse((await run('explain', 'coffee.png', '--json', ...args)).stdout) as { settings: object }).settings
  expect(await settings('--normalize', 'symmetric')).toMatchObject({ activation: 'none', normalize: 'symmetric' })
  expect(await settings('--normalize', 'symmetric', '--activation', 'relu')).toMatchObject({ activation: 'relu' })
})

test('noise: none, and how much', async () => {
  expect((await run('explain', 'coffee.png', '--noise', '0', '-o', 'n.png')).code).toBe(0)
  const { stdout } = await run('explain', 'coffee.png', '--noise', '2', '--noise-level', '0.3', '--json')
  expect(JSON.parse(stdout)).toMatchObject({ smoothing: { noise: 2, noiseLevel: 0.3 } })
})

test.each<[args: string[], code: number, says: RegExp]>([
  [['help', 'explan'], 2, /unknown command 'explan'[^]*did you mean explain\?/],
  [['explian'], 2, /did you mean explain\?/],
  [['explain', 'coffee.png', '--modle', 'x'], 2, /did you mean --model\?/],
  [['explain', 'coffee.png', '--engine', 'wsam'], 2, /did you mean wasm\?/],
  [['explain', 'coffee.png', '--augment', 'flop'], 2, /did you mean flip\?/],
  [['explain', 'coffee.png', '--fusion', 'meen'], 2, /did you mean mean\?/],
  [['explain', 'coffee.png', '--preset', 'torchcm'], 2, /did you mean torchcam\?/],
  [['explain', 'coffee.png', '--normalize', 'minmx'], 2, /did you mean minmax\?/],
  [['explain', 'coffee.png', '--colormap', 'virdis'], 2, /did you mean viridis\?/],
  [['explain', 'coffee.png', '--method', 'gradcam'], 2, /did you mean grad-cam/],
  [
    ['explain', 'coffee.png', '--method', 'occlusion', '--set', 'patch-pixls=3'],
    2,
    /did you mean patch[^]*--set patch, stride, patch-pixels/,
  ],
  [['explain', 'coffee.png', '--feature-layer', 'nothing'], 2, /gradcam layers lists/],
  [['explain', 'coffee.png', '-t', 'top-9999'], 2, /at most 24 \(the model has \d+ classes\)/],
  [['explain', 'coffee.png', '-t', 'top-9999', '--json'], 2, /the model has \d+ classes/],
  [['explain', 'coffee.png', '-o', '/proc/gradcam/x.png'], 1, /cannot write/],
])('%j', async (args, code, says) => {
  const result = await run(...args)
  expect(result).toMatchObject({ code, stdout: '' })
  expect(result.stderr).toMatch(says)
  // neither an option's name in code nor its backticks
  expect(result.stderr).not.toMatch(/[a-z][A-Z]|`/)
})

test('help on a command', async () => {
  expect((await run('help', 'explain')).stdout).toBe((await run('explain', '--help')).stdout)
  expect((await run('help')).stdout).toBe((await run('--help')).stdout)
})
