/** @file Raw heads of families as their exporters write them, and the box of each thing by hand. */
import { node } from './build.ts'
import { joinedRows, logistic, placesOf, type RawFamily, rawThings, type RawThing } from './raw-detectors.ts'

export interface RawCase extends RawFamily {
  /** What the family is called. */
  family: RegExp
  /** x1, y1, x2, y2 in pixels of the thing whose cell begins at x, y. */
  box: (x: number, y: number, stride: number) => number[]
  /** Of the logit of its class. */
  score: (logit: number) => number
}

const around = (x: number, y: number, w: number, h: number): number[] => [x - w / 2, y - h / 2, x + w / 2, y + h / 2]

export function rawBox({ box }: RawCase, thing: RawThing): number[] {
  const { stride, column, row } = rawThings[thing]
  return box(column * stride, row * stride, stride)
}

const three = [8, 16, 32]

export const rawFamilies = {
  YOLOX: {
    family: /YOLOX/,
    strides: three,
    constants: [
      { name: 'reg', values: () => [0.25, 0.75, 0.4, 0.1] },
      { name: 'obj', values: () => [2] },
    ],
    outputs: { output: [1, placesOf(three), 8] },
    nodes: [
      ...three.flatMap((s) => [
        node('Sigmoid', [`obj${s}`], `sure${s}`),
        node('Sigmoid', [`cls${s}`], `kind${s}`),
        node('Concat', [`reg${s}`, `sure${s}`, `kind${s}`], `all${s}`, { axis: 1 }),
      ]),
      ...joinedRows(three, 'all', 'output'),
    ],
    box: (x, y, s) => around(x + 0.25 * s, y + 0.75 * s, s * Math.exp(0.4), s * Math.exp(0.1)),
    score: (logit) => logistic(2) * logistic(logit),
  },
} satisfies Record<string, RawCase>
