/** @file Tests of parse.ts and check.ts: words, JSON, and what is neither. */
import { describe, expect, test } from 'vitest'
import { GradcamError } from '../core/errors.ts'
import { checkObjective } from './check.ts'
import { parseExpression } from './expression/parse.ts'
import { parseObjective } from './words.ts'
import type { ObjectiveInput } from './kinds.ts'

const thrown = (attempt: () => unknown): GradcamError => {
  try {
    attempt()
  } catch (error) {
    if (error instanceof GradcamError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('words', () => {
  test.each<[string, ObjectiveInput]>([
    ['golden retriever', 'golden retriever'],
    ['281', '281'],
    ['top-3', 'top-3'],
    ['class:top-1', { kind: 'class', class: 'top-1' }],
    ['sum:cat|3', { kind: 'classes', classes: ['cat', 3] }],
    ['mean:cat | dog', { kind: 'classes', classes: ['cat', 'dog'], reduce: 'mean' }],
    ['difference:dog|cat', { kind: 'difference', class: 'dog', from: ['cat'] }],
    ['difference:dog|cat|bird', { kind: 'difference', class: 'dog', from: ['cat', 'bird'] }],
    ['difference:dog', { kind: 'difference', class: 'dog', from: { nearest: 3 } }],
    ['difference:dog|nearest-5', { kind: 'difference', class: 'dog', from: { nearest: 5 } }],
    ['against:cat', { kind: 'against', target: 'cat' }],
    ['against:difference:a|b', { kind: 'against', target: { kind: 'difference', class: 'a', from: ['b'] } }],
    ['value:yaw', { kind: 'value', element: 'yaw' }],
    ['value:0:down', { kind: 'value', element: 0, direction: 'down' }],
    ['value:conv1/out:0[0,3]:up', { kind: 'value', tensor: 'conv1/out:0', element: [0, 3], direction: 'up' }],
    ['region:clothes', { kind: 'region', class: 'clothes' }],
    ['region:clothes@predicted', { kind: 'region', class: 'clothes', over: 'predicted' }],
    ['region:clothes@masks/mask.png', { kind: 'region', class: 'clothes', over: { mask: { file: 'masks/mask.png' } } }],
    ['region:1@box:1, 2,30,40.5', { kind: 'region', class: 1, over: { box: [1, 2, 30, 40.5] } }],
    ['region:hair@point:12,34', { kind: 'region', class: 'hair', over: { point: [12, 34] } }],
    ['box:17', { kind: 'box', box: 17 }],
    ['box:17, 18', { kind: 'box', box: [17, 18] }],
    ['box:dog', { kind: 'box', class: 'dog' }],
    ['box:top-3', { kind: 'box', class: 'top-3' }],
    ['box:dog#2', { kind: 'box', class: 'dog', rank: 2 }],
    ['similar:photo.jpg', { kind: 'similar', to: { file: 'photo.jpg' } }],
    ['Expression: a - b', { kind: 'expression', expression: 'a - b' }],
    ['onnx:score.onnx', { kind: 'onnx', model: { file: 'score.onnx' } }],
    ['@target.json', { kind: 'file', file: 'target.json' }],
    ['{"kind": "class", "class": 3}', { kind: 'class', class: 3 }],
    // no prefix that is known: a label after all
    ['breed:pug', 'breed:pug'],
    ['constructor:x', 'constructor:x'],
  ])('%s', (text, expected) => {
    expect(parseObjective(text)).toEqual(expected)
    checkObjective(parseObjective(text))
  })

  test('a label of the model stays one, whatever it looks like', () => {
    expect(parseObjective('Box:Small', ['box:small', '@home'])).toBe('Box:Small')
    expect(parseObjective('@home', ['box:small', '@home'])).toBe('@home')
  })

  test.each([
    'sum:',
    'box:#2',
    'box:dog#0',
    'region:a@box:1,2,3',
    'region:a@point:1',
    'region:a@point:1,x',
    'region:a@',
    'difference:a|nearest-2|b',
    '{"kind"',
  ])('%s: refused', (text) => {
    expect(thrown(() => parseObjective(text)).code).toBe('bad-target')
  })
})

describe('descriptions', () => {
  test.each<[unknown, RegExp]>([
    [null, /neither text/],
    [[1], /neither text/],
    [{ kind: 'clas' }, /did you mean class/],
    [{ kind: 'class' }, /lacks the field class/],
    [{ kind: 'class', class: {} }, /label or an index/],
    [{ kind: 'class', class: 1, clas: 2 }, /no field clas/],
    [{ kind: 'classes', classes: [] }, /list of classes/],
    [{ kind: 'classes', classes: [1], reduce: 'max' }, /"sum", "mean"/],
    [{ kind: 'difference', class: 1, from: { nearest: 0 } }, /nearest/],
    [{ kind: 'difference', class: 1, from: 2, weight: Number.NaN }, /number/],
    [{ kind: 'against', target: { kind: 'nothing' } }, /kind is one of/],
    [{ kind: 'value', element: -1 }, /position/],
    [{ kind: 'region', class: 1, over: { mask: { width: 2, height: 2, data: [1] } } }, /mask/],
    [{ kind: 'region', class: 1, over: { box: [1, 2, 3] } }, /box/],
    [{ kind: 'box' }, /class and rank/],
    [{ kind: 'box', box: 1, decoding: {} }, /classes/],
    [{ kind: 'box', box: 1, decoding: { classes: { tensor: 'a', activation: 'relu' } } }, /softmax/],
    [{ kind: 'similar', to: [] }, /numbers/],
    [{ kind: 'similar', to: ['a'] }, /numbers/],
    [{ kind: 'onnx', model: 'score.onnx' }, /bytes/],
  ])('%j: refused', (value, says) => {
    const error = thrown(() => checkObjective(value))
    expect(error.code).toBe('bad-target')
    expect(`${error.message} ${error.hint}`).toMatch(says)
  })
})

describe('hostile descriptions', () => {
  const nested = (depth: number): string => `${'{"kind":"against","target":'.repeat(depth)}3${'}'.repeat(depth)}`

  test('a few in each other are read, thousands are refused and exhaust nothing', () => {
    expect(() => checkObjective(JSON.parse(nested(3)))).not.toThrow()
    for (const make of [() => checkObjective(JSON.parse(nested(20_000))), () => parseObjective(`${'against:'.repeat(20_000)}3`)]) {
      const { code, message, hint } = thrown(make)
      expect([code, `${message} ${hint}`]).toEqual(['bad-target', expect.stringContaining('in each other')])
    }
    expect(parseObjective('against:against:3')).toEqual({ kind: 'against', target: { kind: 'against', target: '3' } })
  })

  test.each([
    '{"kind":{"toString":1,"valueOf":1}}',
    '{"kind":"__proto__"}',
    '{"kind":"constructor"}',
    '{"kind":"class","class":0,"__proto__":{"kind":"file"}}',
    '{"__proto__":{"kind":"class","class":0}}',
    '{"kind":"class","constructor":1,"class":0}',
    '{"kind":"similar","to":{"image":{"type":"float32","dims":[1,3,1000000,1000000],"data":{"length":3e12}}}}',
    `{"kind":"${'x'.repeat(1e6)}"}`,
  ])('%.70s', (text) => {
    const error = thrown(() => checkObjective(JSON.parse(text)))
    expect(error.code).toBe('bad-target')
    expect(error.message.length).toBeLessThan(200)
    expect(Object.hasOwn(Object.prototype, 'kind')).toBe(false)
  })

  test('what a prototype holds does not count', () => {
    expect(thrown(() => checkObjective(Object.create({ kind: 'class', class: 0 }))).code).toBe('bad-target')
  })

  test('an image is a tensor whose data fill it', () => {
    const image = (length: number) => ({
      kind: 'similar',
      to: { image: { type: 'float32', dims: [1, 3, 2, 2], data: new Float32Array(length) } },
    })
    expect(() => checkObjective(image(12))).not.toThrow()
    expect(thrown(() => checkObjective(image(11))).hint).toContain('data fill its shape')
  })
})

describe('expressions', () => {
  const value = (text: string): number => {
    const of = (tree: ReturnType<typeof parseExpression>): number => {
      if (tree.kind === 'number') return tree.value
      if (tree.kind !== 'operation') throw new Error('numbers only')
      const [a, b] = [of(tree.left), of(tree.right)]
      return { '+': a + b, '-': a - b, '*': a * b, '/': a / b }[tree.operator]
    }
    return of(parseExpression(text))
  }

  test.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['8 - 2 - 1', 5],
    ['8 / 2 / 2', 2],
    ['-2 * -3', 6],
    ['2 − 3', -1],
    ['1.5e1 + .5', 15.5],
    ['-(1 - 2)', 1],
  ])('%s', (text, expected) => expect(value(text)).toBe(expected))

  test.each<[text: string, position: number]>([
    ['1 +', 4],
    ['(1 + 2', 7],
    ['1 2', 3],
    ['a[1', 4],
    ['a[x]', 3],
    ['sqrt(a)', 1],
    ['abs(a, b)', 1],
    ['a $ b', 3],
    ["'open", 1],
    ['', 1],
    [`${'('.repeat(100)}1`, 65],
  ])('%s: refused at character %d', (text, position) => {
    const error = thrown(() => parseExpression(text))
    expect([error.code, error.message]).toEqual(['bad-target', expect.stringContaining(`at character ${position},`)])
  })
})
