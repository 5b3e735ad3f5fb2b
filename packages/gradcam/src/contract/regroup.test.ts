/** @file Which axes hold which after a Reshape. */
import { expect, test } from 'vitest'
import { regroup } from './regroup.ts'

const whole = (axis: number) => ({ axis, whole: true })
const part = (axis: number) => ({ axis, whole: false })

test.each<[string, (number | undefined)[], number[], unknown]>([
  ['frames become a batch', [1, 4, 3, 32, 32], [-1, 3, 32, 32], [[whole(1)], [whole(2)], [whole(3)], [whole(4)]]],
  ['patches', [2, 3, 8, 8], [2, 3, 4, 2, 4, 2], [[whole(0)], [whole(1)], [part(2)], [part(2)], [part(3)], [part(3)]]],
  ['flattened', [1, 3, 8, 8], [0, -1], [[whole(0)], [whole(1), whole(2), whole(3)]]],
  ['an axis of one added', [3, 8, 8], [1, 3, 8, 8], [[], [whole(0)], [whole(1)], [whole(2)]]],
  ['an axis of one removed', [1, 3, 8, 8], [3, 8, 8], [[whole(1)], [whole(2)], [whole(3)]]],
  ['sizes that do not fit', [2, 3], [4, 2], undefined],
  ['two sizes left open', [2, 3], [-1, -1], undefined],
  ['an unknown size', [2, undefined], [2, -1], undefined],
])('%s', (_, before, after, groups) => expect(regroup(before, after)).toEqual(groups))
