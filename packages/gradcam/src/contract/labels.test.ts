/** @file Tests of labels.ts and its parsers: every form that files keep labels in, contradictions, and hostile ones. */
import { describe, expect, test } from 'vitest'
import { refusal } from '../../test/support/refusal.ts'
import { modelProto, node } from '../../test/support/build.ts'
import { graphOf } from '../graph/graph.ts'
import { knownLabels, type LabelPlaces } from './labels.ts'
import { labelsOfMetadata } from './labels/metadata.ts'
import { pythonLiteral } from './labels/python.ts'
import { parseLabels } from './labels/text.ts'

const graph = graphOf(modelProto({ inputs: { x: [1, 3] }, outputs: { y: [1, 3] }, nodes: [node('Relu', ['x'], 'y')] }))
const known = (places: Partial<LabelPlaces>) => knownLabels({ metadata: [], config: undefined, graph, files: [], ...places })
const colours = ['red', 'green', 'blue']

describe('text', () => {
  const utf16 = (text: string, little: boolean): Uint8Array =>
    Uint8Array.from(
      Array.from(`\uFEFF${text}`).flatMap((one) => {
        const bytes = [one.charCodeAt(0) >> 8, one.charCodeAt(0) & 255]
        return little ? bytes.reverse() : bytes
      }),
    )
  test.each<[string, string | Uint8Array]>([
    ['one a line', 'red\ngreen\nblue\n'],
    ['Windows, with a mark', '\uFEFFred\r\ngreen\r\nblue\r\n\r\n'],
    ['UTF-16 of PowerShell', utf16('red\r\ngreen\r\nblue\r\n', true)],
    ['UTF-16, the other way round', utf16('red\ngreen\nblue', false)],
    ['synsets', 'n00000001 red\nn00000002 green\nn00000003 blue'],
    ['counted', '0 red\n1 green\n2 blue'],
    ['counted with colons', '0: red\n1: green\n2: blue'],
    ['a list', '["red", "green", "blue"]'],
    ['by index', '{"1": "green", "0": "red", "2": "blue"}'],
    ['by name', '{"green": 1, "red": 0, "blue": 2}'],
    ["Keras's index", '{"0": ["n1", "red"], "1": ["n2", "green"], "2": ["n3", "blue"]}'],
    ['objects', '[{"id": 2, "name": "blue"}, {"id": 0, "name": "red"}, {"id": 1, "name": "green"}]'],
    ['objects without numbers', '[{"label": "red"}, {"label": "green"}, {"label": "blue"}]'],
    ['a whole config.json', '{"model_type": "vit", "id2label": {"0": "red", "1": "green", "2": "blue"}}'],
  ])('%s', (_, text) => {
    expect(parseLabels(text)).toEqual(colours)
  })

  test('what only looks like numbers or JSON stays as it is', () => {
    expect(parseLabels('7\n9\n12')).toEqual(['7', '9', '12'])
    expect(parseLabels('1 red\n2 green')).toEqual(['1 red', '2 green'])
    expect(parseLabels('[unknown]\nred')).toEqual(['[unknown]', 'red'])
    expect(parseLabels('red\n\nblue')).toEqual(['red', 'class 1', 'blue'])
  })

  test.each([
    ['', /holds no labels/],
    ['\n\n', /holds no labels/],
    ['{"a": 0, "b": 0}', /names class 0 twice: "a" and "b"/],
    ['{"0": 7, "1": "x"}', /no text as the label of class 0/],
    ['{"-1": "x"}', /the key "-1"/],
    ['{"99999999": "x"}', /the key "99999999"/],
    ['["red"', /is not JSON/],
    ['GIF89a\0\0', /no text/],
  ])('%j is refused', async (text, message) => {
    const error = await refusal(() => parseLabels(text, 'labels.txt'))
    expect([error.code, error.message]).toEqual(['bad-option', expect.stringMatching(message)])
    expect(error.message).toContain('labels.txt')
  })

  test('a million labels are read, more are not, and none is too long', async () => {
    expect(parseLabels('x\n'.repeat(1_000_000))).toHaveLength(1_000_000)
    expect((await refusal(() => parseLabels('x\n'.repeat(1_000_001)))).message).toContain('more than 1000000 lines')
    expect(parseLabels('x'.repeat(1e6))[0]).toHaveLength(1e6)
  })
})

test('nesting without end is no list of labels', async () => {
  const deep = `${'{"labels":'.repeat(2000)}[]${'}'.repeat(2000)}`
  expect((await refusal(() => parseLabels(deep, 'labels.json'))).code).toBe('bad-option')
})

test("Python's literals", () => {
  expect(pythonLiteral(`{0: 'red', 1: "it's", 2: 'it\\'s \\u00e9\\x41', }`)).toMatchObject({ 0: 'red', 1: "it's", 2: "it's éA" })
  expect(pythonLiteral(`[('a', 1.5), None, True, -2e3]`)).toEqual([['a', 1.5], null, true, -2000])
  expect(pythonLiteral("{'__proto__': 'x'}")).not.toHaveProperty('x')
  for (const text of ['', '[1', "{'a': }", "__import__('os')", '[1] [2]', '['.repeat(1e5)]) expect(pythonLiteral(text)).toBeUndefined()
})

describe('metadata', () => {
  test.each([
    ['names', "{0: 'red', 1: 'green', 2: 'blue'}"],
    ['names', "['red', 'green', 'blue']"],
    ['classes', '["red", "green", "blue"]'],
    ['labels', 'red,green,blue'],
    ['labels', 'red\ngreen\nblue'],
    ['CustomVision.Labels', 'red;green;blue'],
  ])('%s=%s', (key, value) => {
    expect(labelsOfMetadata([{ key, value }])).toEqual([{ source: 'stated', from: `${key} in the file's metadata`, labels: colours }])
  })

  test('a number of classes, what is none, and what is not about labels', () => {
    expect(labelsOfMetadata([{ key: 'classes', value: '3' }])).toMatchObject([{ labels: [], count: 3 }])
    expect(labelsOfMetadata([{ key: 'names', value: '{0: open("x")}' }])).toMatchObject([{ labels: [], fault: expect.any(String) }])
    expect(labelsOfMetadata([{ key: 'author', value: 'Ada' }])).toEqual([])
  })
})

describe('config.json', () => {
  test.each<[string, Record<string, unknown>]>([
    ['id2label', { id2label: { 0: 'red', 1: 'green', 2: 'blue' } }],
    ['label2id', { label2id: { red: 0, green: 1, blue: 2 } }],
    ['label_names', { label_names: colours, num_classes: 3 }],
    [
      'label_descriptions',
      {
        label_names: ['n00000001', 'n00000002', 'n00000003'],
        label_descriptions: { n00000001: 'red', n00000002: 'green', n00000003: 'blue' },
      },
    ],
  ])('%s', (_, config) => {
    const { labels, warnings } = known({ config })
    expect([labels.value, labels.source, warnings]).toEqual([colours, 'stated', []])
  })

  test("transformers' own placeholders give way to names", () => {
    const config = { id2label: { 0: 'LABEL_0', 1: 'LABEL_1', 2: 'LABEL_2' }, label2id: { LABEL_0: 0, LABEL_1: 1, LABEL_2: 2 } }
    expect(known({ config }).labels.value).toEqual(['LABEL_0', 'LABEL_1', 'LABEL_2'])
    const { labels, warnings } = known({ config, files: [{ name: '/m/labels.txt', text: 'red\ngreen\nblue' }] })
    expect([labels.value, labels.source, labels.from, warnings]).toEqual([colours, 'convention', 'labels.txt', []])
  })

  test('gaps have their index', () => {
    expect(known({ config: { id2label: { 0: 'dog', 3: 'cat' } } }).labels.value).toEqual(['dog', 'class 1', 'class 2', 'cat'])
    for (const config of [{}, { id2label: null }, { id2label: {} }, { num_labels: 3 }]) expect(known({ config }).labels.value).toEqual([])
  })

  test.each([
    ['labels that are a number', { id2label: 7 }],
    ['labels that are text', { id2label: 'dog' }],
    ['a key that is no index', { id2label: { dog: 'x' } }],
    ['a negative index', { id2label: { '-1': 'x' } }],
    ['half an index', { id2label: { '0.5': 'x' } }],
    ['an index that would fill the memory', { id2label: { 999999999: 'x' } }],
    ['a label that is no text', { id2label: { 0: 1 } }],
    ['a label that is null', { id2label: [null] }],
  ])('%s', async (_, config) => {
    const error = await refusal(() => known({ config }))
    expect([error.code, error.message, error.hint]).toEqual([
      'model-invalid',
      expect.stringContaining('config.json'),
      expect.stringContaining('id2label'),
    ])
    expect(known({ config, given: colours }).labels.value).toEqual(colours)
  })
})

describe('several places', () => {
  const metadata = [{ key: 'names', value: "{0: 'red', 1: 'green', 2: 'blue'}" }]
  test("the file's own word goes before what lies beside it; both are named where they differ", () => {
    const { labels, warnings } = known({ metadata, config: { id2label: ['a', 'green, verdant', 'c'] } })
    expect(labels).toEqual({
      ...{ value: colours, source: 'stated', from: "names in the file's metadata" },
      otherwise: [['a', 'green, verdant', 'c']],
    })
    expect(warnings).toMatchObject([
      {
        code: 'labels-contradict',
        message: 'names in the file\'s metadata and id2label in config.json disagree about 2 of 3 classes: class 0 is "red" and "a"',
      },
    ])
  })

  test('other lengths, and numbers of classes', () => {
    const two = known({ metadata, files: [{ name: 'labels.txt', text: 'red\ngreen' }], config: { num_labels: 4 } })
    expect(two.warnings.map(({ message }) => message)).toEqual([
      "names in the file's metadata has 3 labels, num_labels in config.json says 4",
      "names in the file's metadata has 3 labels, labels.txt has 2",
    ])
  })

  test('the same names in other words are no contradiction', () => {
    const text = 'Red\nGREEN, leaf green\nsky, blue'
    expect(known({ metadata, files: [{ name: 'labels.txt', text }] }).warnings).toEqual([])
  })

  test("a file that is none is said; the user's word ends it all", async () => {
    const files = [{ name: 'labels.txt', text: '{"a": 0, "b": 0}' }]
    expect(known({ files }).warnings).toMatchObject([{ code: 'labels-unread', message: 'labels.txt names class 0 twice: "a" and "b"' }])
    expect(known({ files, metadata, given: ['x'] })).toEqual({ labels: { value: ['x'], source: 'given', from: '`labels`' }, warnings: [] })
    for (const given of ['red', [1], [undefined], { length: 1 }])
      expect((await refusal(() => known({ given: given as unknown as string[] }))).code).toBe('bad-option')
    expect((await refusal(() => known({ given: Array.from({ length: 1_000_001 }, () => 'x') }))).code).toBe('bad-option')
  })
})
