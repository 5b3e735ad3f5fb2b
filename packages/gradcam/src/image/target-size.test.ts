/** @file Sizes after resizing: numbers worked out by hand, or by the Python functions of the same rule. */
import { expect, test } from 'vitest'
import type { ResizeStep } from '../model/preprocessing.ts'
import { roundEven, targetSize } from './target-size.ts'

const size = (height: number, width: number) => ({ height, width })
type To = ResizeStep['to']
type Multiple = NonNullable<ResizeStep['multiple']>

test.each<[photo: [height: number, width: number], to: To, multiple: Multiple | undefined, right: [height: number, width: number]]>([
  [[200, 320], size(50, 60), undefined, [50, 60]],
  [[200, 320], 'input', undefined, [224, 320]], // the height is fixed, the width free
  [[200, 320], { shortest: 100 }, undefined, [100, 160]],
  [[97, 331], { shortest: 64 }, undefined, [64, 218]], // 218.39
  [[331, 97], { shortest: 64, rounding: 'nearest' }, undefined, [218, 64]],
  [[200, 320], { shortest: 800, longest: 1333 }, undefined, [800, 1280]],
  [[200, 320], { shortest: 100, longest: 400 }, { of: 16, rounding: 'down' }, [96, 160]],
  [[100, 300], { shortest: 800, longest: 1333 }, undefined, [444, 1333]], // 444.33 · 3
  [[300, 100], { shortest: 60, longest: 100 }, { of: 16, rounding: 'up' }, [112, 48]], // 33 and 99
  [[90, 120], { shortest: 384, longest: 639, rounding: 'half-up' }, { of: 32, rounding: 'down' }, [384, 512]],
  [[100, 300], { shortest: 384, longest: 639, rounding: 'half-up' }, undefined, [213, 639]],
  [[200, 320], { longest: 1024, rounding: 'half-up' }, undefined, [640, 1024]],
  [[97, 331], { longest: 64, atLeast: 20, rounding: 'nearest' }, undefined, [20, 64]], // 18.76
  [[97, 331], { longest: 980, grow: false, atLeast: 378 }, undefined, [378, 378]],
  [[97, 331], { longest: 100, grow: false }, undefined, [29, 100]],
  [[97, 331], { shortest: 50, shrink: false, longest: 4000 }, { of: 32, rounding: 'nearest' }, [96, 320]],
  [[20, 30], { shortest: 50, shrink: false, longest: 60 }, undefined, [40, 60]],
  [[200, 320], { inside: size(640, 640) }, undefined, [400, 640]],
  [[200, 320], { inside: size(100, 100), rounding: 'nearest' }, undefined, [62, 100]], // 62.5, to even
  [[200, 320], { inside: size(640, 640), grow: false }, { of: 16, rounding: 'up' }, [208, 320]],
  [[200, 320], { cover: size(64, 48) }, undefined, [64, 102]],
  [[200, 320], { nearest: size(518, 518) }, { of: 14, rounding: 'nearest' }, [322, 518]],
  [[97, 131], 'photo', { of: 32, rounding: 'down' }, [96, 128]],
  [[20, 131], 'photo', { of: 32, rounding: 'down' }, [32, 128]], // never nothing
  [[97, 331], { line: { height: 48, width: 320, longest: 3200 } }, undefined, [48, 164]], // 163.79, up
  [[20, 331], { line: { height: 48, width: 320, longest: 3200 } }, undefined, [48, 794]], // 794.4, down
  [[20, 331], { line: { height: 48, width: 320, longest: 400 } }, undefined, [48, 400]],
])('%j to %j, multiple %j: %j', (photo, to, multiple, right) => {
  expect(targetSize(size(...photo), { to, ...(multiple && { multiple }) }, { height: 224 })).toEqual(size(...right))
})

test('halves go to the even number', () => {
  expect([0.5, 1.5, 2.5, -0.5, 2.4, 2.6].map(roundEven)).toEqual([0, 2, 2, 0, 2, 3].map((value) => expect.closeTo(value)))
})
