/** @file `gradcam explain --target` and `--targets`: the words for everything that can be explained, with the embedded classifier. */
import { copyFileSync, existsSync, writeFileSync } from 'node:fs'
import { encodeImage } from 'gradcam/node'
import { describe, expect, test } from 'vitest'
import { workplace } from './command.ts'

const { path, run } = workplace()
const explained = (...targets: string[]) => run('explain', 'coffee.png', '-o', 't.png', ...targets.flatMap((target) => ['-t', target]))

describe('--target', () => {
  test.each([
    ['difference:espresso|teapot', 'espresso rather than teapot'],
    ['expression:logits[967] - logits[0]', 'logits[967] - logits[0]'],
    ['{"kind": "classes", "classes": [967, "teapot"], "reduce": "mean"}', 'espresso + teapot'],
  ])('%s', async (target, label) => {
    const { code, stdout, stderr } = await explained(target)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.startsWith(`${label} `), stdout).toBe(true)
  })

  test('likeness of a photo to itself says that there is nothing to see', async () => {
    const { code, stdout, stderr } = await explained('similar:coffee.png')
    expect(code).toBe(0)
    expect(stdout.startsWith('similar to coffee.png '), stdout).toBe(true)
    expect(stderr).toMatch(/as similar to the reference as can be/)
  })

  test('a difference is the difference of the logits', async () => {
    const { stdout } = await run('explain', 'coffee.png', '--json', '-t', 'espresso', '-t', 'teapot', '-t', 'difference:espresso|teapot')
    const [a, b, difference] = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { logit: number }).logit)
    expect(difference).toBeCloseTo((a as number) - (b as number), 4)
  })

  test('@file.json', async () => {
    writeFileSync(path('target.json'), '{"kind": "against", "target": "espresso"}')
    expect((await explained('@target.json')).stdout).toMatch(/^against espresso /)
  })

  test.each<[target: string, code: number, says: RegExp]>([
    ['{"kind": "clas", "class": 1}', 2, /did you mean class/],
    ['box:espresso', 2, /docs\/targets\.md/],
    ['expression:logits[967', 2, /character 11/],
    ['similar:absent.png', 1, /absent\.png/],
    ['onnx:coffee.png', 2, /ONNX/],
  ])('%s: refused', async (target, code, says) => {
    const refused = await explained(target)
    expect(refused.code).toBe(code)
    expect(refused.stderr).toMatch(says)
    expect(refused.stderr).not.toMatch(/\n\s+at /)
  })
})

describe('--targets', () => {
  test('a target for each photo', async () => {
    copyFileSync(path('coffee.png'), path('other.png'))
    writeFileSync(
      path('targets.json'),
      JSON.stringify({ 'coffee.png': 'espresso', 'other.png': ['against:espresso', { kind: 'class', class: 0 }] }),
    )
    const { code, stdout } = await run('explain', 'coffee.png', 'other.png', '-o', 'why/', '--targets', 'targets.json')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^coffee\.png: espresso 0\.\d{2,3} → /m)
    expect(stdout).toMatch(/^other\.png: against espresso -\d+\.\d+, /m)
  })

  test.each<[what: string, text: string, says: RegExp]>([
    ['a photo that is missing', '{"coffee.png": 1}', /other\.png/],
    ['no JSON', 'coffee.png: 1', /not JSON/],
    ['a description that lacks something', '{"coffee.png": 1, "other.png": {"kind": "difference", "of": 1}}', /other\.png: .*difference/],
  ])('%s: refused before anything is explained', async (_, text, says) => {
    writeFileSync(path('wrong.json'), text)
    const { code, stderr } = await run('explain', 'coffee.png', 'other.png', '-o', 'none/', '--targets', 'wrong.json')
    expect(code).toBe(2)
    expect(stderr).toMatch(says)
    expect(existsSync(path('none'))).toBe(false)
  })
})

test('a mask of another size', async () => {
  writeFileSync(path('mask.png'), await encodeImage({ width: 5, height: 4, channels: 1, data: new Uint8Array(20).fill(255) }, 'png'))
  const { code, stderr } = await run('explain', 'coffee.png', '-o', 't.png', '-t', 'region:0@mask.png', '--reduction-layer', 'head/output')
  expect(code).not.toBe(0)
  expect(stderr).toMatch(/5×4/)
})
