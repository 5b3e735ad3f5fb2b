/** @file Boxes that can be meant: large ones of untrained networks can, what lies elsewhere or is inside out cannot. */
import { expect, test } from 'vitest'
import { liesInside } from './plausible.ts'

test.each([
  ['a box in the image', [10, 20, 30, 40], true],
  // the widest that YOLO v8 can say of its coarsest scale: 15 cells of 32 pixels to each side
  ['of an untrained network, far larger than the image', [-390, -340, 570, 620], true],
  ['inside out', [32, -20, 16, 4], false],
  ['its centre outside the image', [300, 20, 500, 40], false],
  ['endless', [-1e4, 20, 1e4, 40], false],
])('%s', (_, corners, right) => {
  expect(liesInside(new Float32Array(corners), 0, { width: 256, height: 256 })).toBe(right)
})
