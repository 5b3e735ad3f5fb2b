/** @file `gradcam inspect`: what it says of networks, with sources; what it keeps; that no command disagrees with it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { float32 } from '../../gradcam/src/core/tensor.ts'
import { writeNpy } from '../../gradcam/src/io/npy.ts'
import { buildModel, node } from '../../gradcam/test/support/build.ts'
import { headed } from '../../gradcam/test/support/small-nets.ts'
import { describeShared, sharedPath } from '../../gradcam/test/support/shared.ts'
import { workplace } from './command.ts'
import { onTerminal, screenOf, terminals } from './screen.ts'

const { folder, path, run } = workplace()
writeFileSync(path('bare.onnx'), buildModel(headed()))
const flat = { inputs: { x0: [1, 6] }, outputs: { y: [1, 6] }, nodes: [node('Softmax', ['x0'], 'y')] }
writeFileSync(path('flat.onnx'), buildModel(flat))

/** Zeros round a photo, and the largest of each window, which sees some: scores of 0. */
const padded = {
  inputs: { image: [1, 1, 2, 2] },
  outputs: { logits: [1, 1] },
  nodes: [
    node('Pad', ['image', 'pads'], 'wide'),
    node('MaxPool', ['wide'], 'pool', { kernel_shape: [3, 3] }),
    node('GlobalAveragePool', ['pool'], 'mean'),
    node('Flatten', ['mean'], 'logits'),
  ],
  weights: { pads: { type: 'int64', dims: [8], data: BigInt64Array.from([0, 0, 1, 1, 0, 0, 1, 1], BigInt) } },
} as const

/** A bare model in a folder of its own, with a file beside it. */
function modelWith(name: string, beside: string, text: string): string {
  mkdirSync(path(name))
  writeFileSync(path(name, 'model.onnx'), buildModel(headed()))
  writeFileSync(path(name, beside), text)
  return name
}

interface Contract {
  inputs: { name: string; image?: { height: number; width: number } }[]
  labels: { value: string[]; source: string }
  preparation: {
    steps: { value: { to: unknown }[]; source: string }
    values: { source: string }
    channelOrder: { value: string; source: string }
  }
  warnings: { code: string }[]
}
const contractOf = async (...args: string[]): Promise<Contract> => JSON.parse((await run('inspect', '--json', ...args)).stdout) as Contract

describe('text', () => {
  test('the embedded network: everything is stated, nothing to warn of', async () => {
    const { code, stdout, stderr } = await run('inspect')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^input +image +float32 \[/m)
    expect(stdout).toMatch(/^labels +1000 +tench.*, … +stated: /m)
    expect(stdout).toMatch(/^photo +size +.*224×224.* +stated: preprocessor_config\.json/m)
    expect(stdout).toMatch(/^ +gives +.* of 1000 classes on axis 1 +/m)
    expect(stdout).not.toContain('assumed')
  })

  test('a bare file: what is assumed stands in the table and in a warning with flags', async () => {
    const { code, stdout, stderr } = await run('inspect', '-m', 'bare.onnx')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^photo +size +squeezed to 8×8 \(bilinear\) +assumed: /m)
    expect(stdout).toMatch(/^ +values +ImageNet's mean and deviation +assumed: /m)
    expect(stdout).toMatch(/^labels +none +assumed: nothing names the classes$/m)
    expect(stderr).toMatch(/warning: nothing says how photos are prepared.*squeezed to 8×8/)
    expect(stderr).toMatch(/hint: say how with --preprocessing, --size.*gradcam check-input/)
    expect(await run('inspect', '-m', 'bare.onnx', '--quiet')).toEqual({ code: 0, stdout, stderr: '' })
  })

  test('a photo to verify the runtime with: a row for each output, and data', async () => {
    writeFileSync(path('padded.onnx'), buildModel(padded))
    writeFileSync(path('dark.npy'), writeNpy(float32([-1, -2, -3, -4], [1, 1, 2, 2])))
    const { code, stdout } = await run('inspect', '-m', 'padded.onnx', '--verify', 'dark.npy')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^verified +logits +the same without optimisation \(off by 0.0 of 0.0\) +onnxruntime 1\.\d+\.\d+, cpu$/m)
    const json = JSON.parse((await run('inspect', '-m', 'padded.onnx', '--verify', 'dark.npy', '--json')).stdout) as object
    expect(json).toMatchObject({
      model: 'padded',
      verification: { agrees: true, outputs: [{ name: 'logits', difference: 0, largest: 0 }] },
    })
  })

  test('what is given is named as on the command line', async () => {
    const { stdout, stderr } = await run(
      'inspect',
      '-m',
      'bare.onnx',
      '--resize',
      'letterbox',
      '--mean',
      '0.5',
      '--std',
      '0.5',
      '--channels',
      'bgr',
    )
    expect(stdout).toMatch(/^photo +size +fitted inside 8×8 .*with 114 +given: --resize$/m)
    expect(stdout).toMatch(/^ +values +-1 … 1 +given: --mean, --std$/m)
    expect(stdout).toMatch(/^ +channels +bgr +given: --channels$/m)
    expect(stderr).toBe('')
  })

  test('a model without an image: told all the same', async () => {
    const { code, stdout, stderr } = await run('inspect', '-m', 'flat.onnx')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^input +x0 +float32 \[1, 6\]$/m)
    expect(stdout).toMatch(/^ +takes +numbers +convention: /m)
    expect(stdout).toMatch(/^ +gives +probabilities of 6 classes on axis 1 +graph: /m)
    expect(stdout).not.toMatch(/^photo/m)
    expect(stderr).toMatch(/warning: the model has no image input/)
  })

  test('a pipe gets a line for each fact; labels cannot steer the terminal', async () => {
    const name = modelWith('steering', 'labels.json', JSON.stringify(['a\nb', '\u001b[2Jred', 'x'.repeat(500), 'd', 'e']))
    const { stdout } = await run('inspect', '-m', name)
    expect(stdout).toMatch(/^labels +5 +a\\nb, \\u001b\[2Jred, x+…x+, … +convention: labels\.json$/m)
    // model 2, input 4, photo 3, labels 1, output 2, answer 1, and the head
    expect(stdout.trimEnd().split('\n')).toHaveLength(14)
  })

  test.skipIf(!terminals)('80 columns are enough, whatever nodes are called', () => {
    const name = `model/${'a_long_scope/'.repeat(12)}Conv`
    const spec = headed()
    const [conv, ...rest] = spec.nodes
    if (!conv) throw new Error('a node')
    const nodes = [{ ...conv, outputs: [name] }, { ...(rest[0] as typeof conv), inputs: [name] }, ...rest.slice(1)]
    writeFileSync(path('long.onnx'), buildModel({ ...spec, nodes }))
    const lines = screenOf(onTerminal(folder, 80, 'inspect', '-m', 'long.onnx', '--quiet'), 80)
    const printed = lines.filter((line) => line !== '')
    expect(Math.max(...printed.map(({ length }) => length))).toBeLessThanOrEqual(80)
    // nothing was broken by the terminal: every line has its first column, or begins with the space of a wrapped one
    for (const line of printed.slice(1)) expect(line).toMatch(/^(model|input|photo|labels|output|answer| {7})/)
  })
})

describe('JSON', () => {
  test('is the contract, and nothing else is printed', async () => {
    const { code, stdout, stderr } = await run('inspect', '-m', 'bare.onnx', '--json')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({
      model: 'bare',
      task: { value: 'classification' },
      imageInput: { value: 'x' },
      inGraph: [],
      preparation: { values: { source: 'assumed' } },
      labels: { value: [], source: 'assumed' },
      outputs: [{ name: 'prob', kind: { value: 'probabilities', source: 'graph' }, classes: { axis: 1, count: 5 } }],
      warnings: [{ code: 'preprocessing-assumed' }],
    })
  })

  test('shapes that are not declared: by a run', async () => {
    const open = { ...headed(), outputs: { prob: ['a', 'b'] } }
    writeFileSync(path('open.onnx'), buildModel(open))
    const classes = async (...args: string[]) =>
      ((await contractOf('-m', 'open.onnx', ...args)) as unknown as { outputs: { classes?: unknown }[] }).outputs[0]?.classes
    expect(await classes()).toBeUndefined()
    expect(await classes('--probe')).toEqual({ axis: 1, count: 5 })
  })
})

describe('--write', () => {
  test('keeps what was said, and says where', async () => {
    const name = modelWith('kept', 'labels.txt', 'a\nb\nc\nd\ne\n')
    const { code, stderr } = await run('inspect', '-m', name, '--write', '--preprocessing', 'inception')
    expect({ code, stderr }).toEqual({ code: 0, stderr: `wrote ${join(name, 'gradcam.json')}\n` })
    expect(JSON.parse(readFileSync(path(name, 'gradcam.json'), 'utf8'))).toEqual({ preprocessing: 'inception' })
    const { preparation, labels, warnings } = await contractOf('-m', name)
    expect(preparation.values).toMatchObject({ source: 'stated', from: 'gradcam.json' })
    expect(labels.source).toBe('convention')
    expect(warnings).toEqual([])
    // and explaining is silent from now on
    expect((await run('predict', 'coffee.png', '-m', name)).stderr).toBe('')
  })

  test.each([
    [['-m', 'bare.onnx'], 2, /nothing to keep/],
    [['--channels', 'bgr'], 2, /network of your own[\s\S]*--model/],
  ] as const)('%j', async (args, code, says) => {
    const result = await run('inspect', '--write', ...args)
    expect(result.code).toBe(code)
    expect(result.stderr).toMatch(says)
  })
})

describe('wrong flags', () => {
  test.each([
    [['--mean', '123,116,103'], /--scale 1, too/],
    [['--mean', '0.5,0.5'], /one number, or 3/],
    [['--mean', 'a'], /a number, or several/],
    [['--std', '0'], /--std divides/],
    [['--scale', '0'], /1\/255/],
    [['--size', '96'], /leave --size out/],
    [['--size', '0'], /WIDTHxHEIGHT/],
    [['--resize', 'stretch'], /squeeze, crop, letterbox, none/],
    [['--channels', 'bgrr'], /rgb, bgr, grey/],
    [['--layout', 'nhcw'], /nchw, nhwc/],
    [['--task', 'guessing'], /classification, multi-label/],
    [['--preprocessing', 'cafe'], /torchvision, caffe/],
    [['--preprocessing', 'none.json'], /none\.json/],
    [['--labels', 'nowhere.txt'], /nowhere\.txt/],
    [['--image-input', 'y'], /--image-input is one of x/],
    [['--sise', '8'], /--size/],
  ])('%j', async (args, says) => {
    const { code, stdout, stderr } = await run('inspect', '-m', 'bare.onnx', ...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(says)
    expect(stderr).toMatch(/hint: /)
    expect(stderr).not.toContain('`')
  })

  test('a gradcam.json that makes no sense: exit 1, and its field', async () => {
    const name = modelWith('senseless', 'gradcam.json', '{"mean": "much"}')
    for (const command of [['inspect'], ['layers'], ['predict', 'coffee.png'], ['explain', 'coffee.png']]) {
      const { code, stderr } = await run(...(command as [string]), '-m', name)
      expect(code).toBe(1)
      expect(stderr).toMatch(/gradcam\.json: mean makes no sense/)
    }
  })
})

describe('commands never disagree', () => {
  const labels = ['a', 'b', 'c', 'd', 'e']
  test.each([
    ['a bare file', () => ['-m', 'bare.onnx'], 8, undefined],
    ['labels and a size', () => ['-m', 'free.onnx', '--labels', 'five.txt', '--size', '32'], 32, labels],
    ['files beside it', () => ['-m', 'beside'], 8, labels],
  ] as const)('%s', async (_, flags, side, names) => {
    writeFileSync(path('free.onnx'), buildModel({ ...headed(13, 'H'), inputs: { x: ['N', 3, 'H', 'W'] } }))
    writeFileSync(path('five.txt'), labels.join('\n'))
    if (flags().includes('beside')) modelWith('beside', 'classes.txt', labels.join('\n'))
    const contract = await contractOf(...flags())
    expect(contract.preparation.steps.value).toMatchObject([{ to: { width: side, height: side } }])
    expect(contract.labels.value).toEqual(names ?? [])
    const layers = JSON.parse((await run('layers', '--json', ...flags())).stdout) as {
      feature: { shape: unknown[] }
      reduction: { shape: unknown[] }
    }
    expect(layers.feature.shape.slice(1)).toEqual([6, side / 2, side / 2])
    expect(layers.reduction.shape[1]).toBe(5)
    const { top } = JSON.parse((await run('predict', 'coffee.png', '--json', ...flags())).stdout) as {
      top: { label: string; index: number }[]
    }
    for (const { label, index } of top) expect(label).toBe(names?.[index] ?? `class ${index}`)
    const why = JSON.parse((await run('explain', 'coffee.png', '--json', ...flags())).stdout) as {
      label: string
      map: { width: number; height: number }
      provenance?: unknown
    }
    expect(why.label).toBe(top[0]?.label)
    expect(why.map).toMatchObject({ width: side, height: side })
  })
})

describeShared('cases', 'cases', () => {
  const file = (...parts: string[]): string => sharedPath('cases', ...parts)
  test('series, volume, frames: inspected, exit 0; explained: exit 1 and a plain word', async () => {
    for (const [name, words] of [
      ['series', 'a series'],
      ['volume', 'a volume'],
      ['tsn', 'several frames'],
    ] as const) {
      const { code, stderr } = await run('inspect', '-m', file(name))
      expect({ code, said: stderr.includes(words) }).toEqual({ code: 0, said: true })
      const explained = await run('explain', file(`${name}.npy`), '-m', file(name))
      expect(explained).toMatchObject({ code: 1, stderr: expect.stringContaining(words) })
    }
  })

  test('the other photo, as a flag', async () => {
    const missing = await run('explain', file('wide.png'), '-m', file('siamese.onnx'))
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('--input right=FILE') })
    const { code } = await run('explain', file('wide.png'), '-m', file('siamese.onnx'), '--input', `right=${file('s64.png')}`)
    expect(code).toBe(0)
  })
})
