/** @file `gradcam explain` with the embedded network: pictures, maps, numbers. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { readNpy, writeNpy } from 'gradcam'
import { readImage } from 'gradcam/node'
import { expect, test } from 'vitest'
import { workplace } from './command.ts'

const { path, run } = workplace()

/** The objects of JSON lines. */
const objects = (text: string): Record<string, unknown>[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

test('a photo is explained with nothing but its name', async () => {
  const { code, stdout, stderr } = await run('explain', 'coffee.png')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^espresso 0\.\d{2,3}\n/)
  expect(stdout).toContain('head/output')
  expect(stdout).toContain('coffee.gradcam.png')
  expect(readFileSync(path('coffee.gradcam.png')).subarray(1, 4).toString()).toBe('PNG')
  expect(readdirSync(path()).sort()).toEqual(['coffee.gradcam.png', 'coffee.png'])
})

test('the engine of browsers says the same, an unknown engine is refused', async () => {
  const { code, stdout } = await run('explain', 'coffee.png', '--engine', 'wasm', '-o', 'wasm.png', '--json')
  expect(code).toBe(0)
  const [here] = objects((await run('explain', 'coffee.png', '-o', 'native.png', '--json')).stdout)
  const [there] = objects(stdout)
  expect(there?.['score']).toBeCloseTo(here?.['score'] as number, 5)
  expect(there?.['label']).toBe('espresso')
  expect((await run('explain', 'coffee.png', '--engine', 'gpu')).code).toBe(2)
})

test('the picture names model, method and layers in its text chunks', async () => {
  await run('explain', 'coffee.png', '-o', 'text.png')
  const bytes = readFileSync(path('text.png')).toString('latin1')
  for (const word of ['grad-cam', 'head/output', 'logits', 'espresso']) expect(bytes).toContain(word)
})

test.each([
  ['why.jpg', 'ffd8ff'],
  ['why.webp', '52494646'],
  ['made/on/the/way.png', '89504e47'],
])('the ending decides the format: %s', async (name, magic) => {
  expect((await run('explain', 'coffee.png', '-o', name, '-q')).code).toBe(0)
  expect(readFileSync(path(name)).toString('hex').startsWith(magic)).toBe(true)
})

test('without title and legend the picture is as large as the photo', async () => {
  await run('explain', 'coffee.png', '-o', 'bare.png', '--no-title', '--no-legend')
  const { width, height } = await readImage(path('coffee.png'))
  expect(await readImage(path('bare.png'))).toMatchObject({ width, height })
})

test('the map is saved as float32 in NumPy format, one plane a target', async () => {
  await run('explain', 'coffee.png', '--save-map', 'one.npy', '-o', 'one.png')
  const one = readNpy(readFileSync(path('one.npy')))
  expect(one).toMatchObject({ type: 'float32', dims: [224, 224] })
  await run('explain', 'coffee.png', '-t', 'espresso', '-t', 'teapot', '--save-map', 'two.npy', '-o', 'two.png')
  const two = readNpy(readFileSync(path('two.npy')))
  expect(two.dims).toEqual([2, 224, 224])
  expect(two.data.slice(0, 224 * 224)).toEqual(one.data)
})

test('several feature layers are fused, and a preset finishes the map', async () => {
  const layers = ['block_12/expand/output', 'head/output']
  const given = layers.flatMap((layer) => ['--feature-layer', layer])
  const more = ['--fusion', 'product', '--preset', 'torchcam', '--method', 'layer-cam', '-o', 'fused.png', '--json', 'fused.json']
  expect((await run('explain', 'coffee.png', ...given, ...more)).code).toBe(0)
  const [why] = objects(readFileSync(path('fused.json'), 'utf8'))
  expect(why).toMatchObject({
    ...{ featureLayers: layers, fusion: 'product' },
    settings: { activation: 'relu', upsample: 'none', normalize: 'minmax' },
    map: { width: 14, height: 14, min: 0, max: 1 },
  })
  expect((await run('explain', 'coffee.png', '--preset', 'keras')).code).toBe(2)
})

test('targets: label in any case, unique part of a label, index, top-K', async () => {
  for (const [target, label] of Object.entries({
    ESPRESSO: 'espresso',
    'golden retr': 'golden retriever',
    967: 'espresso',
    'top-1': 'espresso',
  })) {
    expect((await run('explain', 'coffee.png', '-o', 't.png', '-t', target)).stdout.startsWith(`${label} `), target).toBe(true)
  }
  const { stdout } = await run('explain', 'coffee.png', '-o', 't.png', '-t', 'top-3')
  expect(stdout.split('\n').filter((line) => /^\S.* \d\.\d{2,3}$/.test(line))).toHaveLength(3)
})

test('--json prints one object a target, and nothing else on stdout', async () => {
  const { stdout } = await run('explain', '--json', 'coffee.png', '-t', 'top-2', '-o', 'both.png')
  const lines = objects(stdout)
  expect(lines).toHaveLength(2)
  expect(lines[0]).toMatchObject({ files: { photo: 'coffee.png', figure: 'both.png' }, label: 'espresso', index: 967 })
  expect(lines[0]).toMatchObject({ method: 'grad-cam', featureLayer: { name: 'head/output' } })
})

test('--quiet says nothing', async () => {
  expect(await run('explain', 'coffee.png', '-q')).toEqual({ code: 0, stdout: '', stderr: '' })
})

test('a .npy tensor takes the place of a photo', async () => {
  writeFileSync(path('x.npy'), writeNpy({ type: 'float32', dims: [1, 3, 64, 64], data: new Float32Array(3 * 64 * 64).fill(0.1) }))
  expect(await run('explain', 'x.npy', '-o', 'x.png')).toMatchObject({ code: 0 })
  expect(readFileSync(path('x.png')).subarray(1, 4).toString()).toBe('PNG')
})

test('several photos: a folder is made, a bad one does not stop the others, the summary and the exit code say so', async () => {
  mkdirSync(path('album', 'inner'), { recursive: true })
  for (const name of ['a.png', 'b.png', 'inner/not-this.png']) copyFileSync(path('coffee.png'), path('album', name))
  writeFileSync(path('album', 'broken.jpg'), '')
  writeFileSync(path('album', 'notes.txt'), '')
  const { code, stdout, stderr } = await run('explain', 'album', 'absent.png', '-o', 'why', '--json', 'why.jsonl')
  expect(code).toBe(1)
  expect(stdout.match(/espresso/g)).toHaveLength(2)
  expect(stderr).toContain('broken.jpg')
  expect(stderr).toContain('absent.png')
  expect(stderr).toContain('skipped: folders inside, which are not searched (inner), no photos: .txt (notes.txt)\n')
  expect(stderr).toMatch(/\n2 explained, 2 failed, 2 skipped\n$/)
  expect(readdirSync(path('why')).sort()).toEqual(['a.gradcam.png', 'b.gradcam.png'])
  const codes = objects(readFileSync(path('why.jsonl'), 'utf8')).map(({ error }) => (error as { code: string } | undefined)?.code)
  expect(codes).toEqual([undefined, undefined, 'image-unreadable', 'image-missing'])
})

test('globs, and the same name twice', async () => {
  mkdirSync(path('again'))
  copyFileSync(path('coffee.png'), path('again', 'coffee.png'))
  expect((await run('explain', 'coff*.png', 'again/*', '-o', 'names/')).code).toBe(0)
  expect(readdirSync(path('names')).sort()).toEqual(['coffee.gradcam-2.png', 'coffee.gradcam.png'])
})
