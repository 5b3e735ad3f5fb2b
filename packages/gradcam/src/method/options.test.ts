import { expect, test } from 'vitest'
import { methodOptions, optionsOfEach, type OptionTable } from './options.ts'

const samples: OptionTable = {
  samples: { kind: 'number', default: 10, min: 1, max: 100, whole: true, about: '' },
  way: { kind: 'choice', default: 'a', choices: ['a', 'b'], about: '' },
}
const level: OptionTable = { level: { kind: 'number', default: 0.5, min: 0, max: 1, about: '' } }
const methods = [{ name: 'one', options: samples }, { name: 'two', options: level }, { name: 'three' }]

test('each method gets the options that it has', () => {
  expect(optionsOfEach(methods, { samples: '20', level: 1 })).toEqual([{ samples: '20' }, { level: 1 }, {}])
  expect(optionsOfEach(methods)).toEqual([{}, {}, {}])
})

test('an option that none has is refused, with the nearest', () => {
  const refused = (given: Record<string, number>, of = methods): unknown => {
    try {
      return optionsOfEach(of, given)
    } catch (error) {
      return error
    }
  }
  expect(refused({ sample: 3 })).toMatchObject({ message: 'none of one, two, three takes `options: { sample }`', suggestions: ['samples'] })
  expect(refused({ sample: 3 }, methods.slice(0, 1))).toMatchObject({
    message: 'one does not take `options: { sample }`',
    hint: 'it takes `options: { samples, way }`',
  })
  expect(refused({ x: 3 }, methods.slice(2))).toMatchObject({ message: 'three does not take `options: { x }`' })
  expect(refused({ constructor: 3 })).toMatchObject({ code: 'bad-option' })
})

test('values are checked before anything runs', () => {
  for (const wrong of [{ samples: 1.5 }, { samples: 0 }, { level: '' }, { level: 'x' }, { way: 'c' }]) {
    expect(() => optionsOfEach(methods, wrong)).toThrow(Object.keys(wrong)[0] ?? '')
  }
  expect(methodOptions('one', samples, { samples: '7' }).all).toEqual({ samples: 7, way: 'a' })
})
