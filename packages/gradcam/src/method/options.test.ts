import { expect, expectTypeOf, test } from 'vitest'
import { choicesOf, distributeOptions, type OptionTable, type OptionValue, resolveOptions, type ValuesOf } from './options.ts'

const samples = {
  samples: { kind: 'number', default: 10, min: 1, max: 100, whole: true, about: '' },
  way: { kind: 'choice', default: 'a', choices: ['a', 'b'], about: '' },
} as const satisfies OptionTable
const level = {
  level: { kind: 'number', default: 0.5, min: 0, max: 1, about: '' },
  fill: { kind: 'choice', default: 'mean', choices: choicesOf({ mean: 1, zero: 2 }), orNumber: true, about: '' },
  mirrored: { kind: 'flag', default: false, about: '' },
} as const satisfies OptionTable
const one = { name: 'one', options: samples }
const two = { name: 'two', options: level }
const three = { name: 'three' }
const defaults = { level: 0.5, fill: 'mean', mirrored: false }

test('values have the types of their table', () => {
  expectTypeOf(resolveOptions(one)).toEqualTypeOf<{ readonly samples: number; readonly way: 'a' | 'b' }>()
  expectTypeOf(resolveOptions(two)).toEqualTypeOf<{
    readonly level: number
    readonly fill: 'mean' | 'zero' | number
    readonly mirrored: boolean
  }>()
  expectTypeOf<ValuesOf<OptionTable>>().toEqualTypeOf<{ readonly [name: string]: OptionValue }>()
})

test('values are resolved once and for all: defaults filled in, text read as the table wants it', () => {
  expect(resolveOptions(one, { samples: '7' })).toEqual({ samples: 7, way: 'a' })
  expect(resolveOptions(two, { fill: '-3.5', mirrored: 'true' })).toEqual({ level: 0.5, fill: -3.5, mirrored: true })
  expect(resolveOptions(two, resolveOptions(two, { fill: '0' }))).toEqual({ ...defaults, fill: 0 })
})

test('each method gets the options that it has; a preset takes the place of defaults', () => {
  expect(distributeOptions([one, two, three], { samples: '20', level: 1 })).toEqual([
    { samples: 20, way: 'a' },
    { ...defaults, level: 1 },
    {},
  ])
  expect(distributeOptions([one, three], { samples: 5 }, { one: { way: 'b', samples: 9 } })).toEqual([{ samples: 5, way: 'b' }, {}])
})

test('an option that none has is refused, with the nearest', () => {
  const refused = (given: Record<string, number>, of: Parameters<typeof distributeOptions>[0] = [one, two, three]): unknown => {
    try {
      return distributeOptions(of, given)
    } catch (error) {
      return error
    }
  }
  expect(refused({ sample: 3 })).toMatchObject({ message: 'none of one, two, three takes `options: { sample }`', suggestions: ['samples'] })
  expect(refused({ sample: 3 }, [one])).toMatchObject({
    message: 'one does not take `options: { sample }`',
    hint: 'it takes `options: { samples, way }`',
  })
  expect(refused({ x: 3 }, [three])).toMatchObject({ message: 'three does not take `options: { x }`' })
  expect(refused({ constructor: 3 })).toMatchObject({ code: 'bad-option' })
})

test.each<Record<string, OptionValue>>([
  { samples: 1.5 },
  { samples: 0 },
  { level: '' },
  { level: 'x' },
  { way: 'c' },
  { way: 1 },
  { fill: '' },
  { fill: true },
])('%o is refused', (wrong) => expect(() => distributeOptions([one, two], wrong)).toThrow(Object.keys(wrong)[0] ?? ''))
