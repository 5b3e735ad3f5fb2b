/** @file The shared cases about labels and files: each stands for its kind; what is right stands in their README. */
import { expect, test } from 'vitest'
import { load } from '../../src/node/index.ts'
import { refusal } from '../support/refusal.ts'
import { describeShared, sharedPath } from '../support/shared.ts'

const at = (...parts: string[]): string => sharedPath('cases', ...parts)

describeShared('labels', 'cases', () => {
  test.each<[string, { labels: string[]; source: string; from: string }]>([
    ['zip.onnx', { labels: ['red', 'green', 'blue'], source: 'graph', from: 'ZipMap loss' }],
    ['timm', { labels: ['red', 'green', 'blue'], source: 'stated', from: 'label_names in config.json' }],
    ['bom', { labels: ['a', 'b', 'c'], source: 'stated', from: 'id2label in config.json' }],
    ['yolo/best.onnx', { labels: ['red', 'green', 'blue'], source: 'stated', from: "names in the file's metadata" }],
    ['f32.onnx', { labels: [], source: 'assumed', from: 'nothing names the classes' }],
  ])('%s', async (name, { labels, ...from }) => {
    const network = await load(at(name))
    expect([network.model.labels, network.model.labelsFrom, network.model.warnings]).toEqual([labels, from, []])
    await network.close()
  })

  test('the scores in front of a ZipMap are explained by its strings', async () => {
    const network = await load(at('zip.onnx'))
    const green = await network.explain(at('wide.png'), { target: 'green' })
    expect([green.label, green.index, green.reductionLayer]).toEqual(['green', 1, '/fc/Gemm_output_0'])
    await network.close()
  })

  test('a label with a bar: one class, or refused where it fits twice', async () => {
    const one = await load(at('f32.onnx'), { labels: ['red|green', 'blue', 'grey'] })
    const sum = await one.explain(at('wide.png'), { target: 'sum:red|green' })
    const alone = await one.explain(at('wide.png'), { target: 0 })
    expect([sum.label, sum.logit]).toEqual(['red|green', expect.closeTo(alone.logit, 5)])
    await one.close()
    const two = await load(at('f32.onnx'), { labels: ['red|green', 'red', 'green'] })
    const error = await refusal(() => two.explain(at('wide.png'), { target: 'sum:red|green' }))
    expect([error.code, error.message]).toEqual(['ambiguous-label', expect.stringContaining('so are "red" and "green"')])
    await two.close()
  })
})

describeShared('files', 'cases', () => {
  test('a folder with one model of another name', async () => {
    const network = await load(at('quantonly'))
    expect([network.model.name, network.model.file]).toEqual(['quantonly', at('quantonly', 'onnx', 'model_quantized.onnx')])
    await network.close()
  })

  test('custom operators are named, with what to cut off', async () => {
    const network = await load(at('customop.onnx'))
    const error = await refusal(() => network.explain(at('wide.png')))
    expect([error.code, error.message, error.hint]).toEqual([
      'unsupported-operator',
      expect.stringContaining('DecodeImage of ai.onnx.contrib'),
      expect.stringContaining('extract_model'),
    ])
    await network.close()
  })

  test.each(['lime', 'kernel-shap', 'occlusion'])('%s on a plain photo says that no sample changed the score', async (method) => {
    const network = await load(at('plain'))
    const why = await network.explain(at('plain-grey.png'), { method, target: 0 })
    const messages = why.warnings.map(({ message }) => message)
    expect(messages.join('\n')).not.toContain('gradient')
    expect(messages).toContainEqual(expect.stringContaining('no sample changed the score'))
    await network.close()
  })
})
