/** @file The best classes are those that sorting all of them gives. */
import { array, assert, integer, nat, property } from 'fast-check'
import { expect, test } from 'vitest'
import { byDistance } from '../objective/class-scores.ts'
import { bestClassesOf } from './answers.ts'

test('the best classes, equal ones in their order', () => {
  assert(
    property(array(integer({ min: -4, max: 4 }), { maxLength: 40 }), nat(20), (values, count) => {
      const scores = Float32Array.from(values)
      expect(bestClassesOf(scores, count)).toEqual(byDistance(scores, Number.POSITIVE_INFINITY).slice(0, count))
    }),
  )
})
