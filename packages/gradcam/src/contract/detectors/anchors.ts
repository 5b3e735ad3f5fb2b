/** @file Anchors as families publish them: nine at each place of strides 8 to 128. */
import type { Places } from '../decoding.ts'
import type { DetectorQuestion } from './detector.ts'

export const anchorStrides = [8, 16, 32, 64, 128]
export const anchorsEach = 9

type Anchor = readonly [width: number, height: number]

const octaves = [0, 1 / 3, 2 / 3].map((power) => 2 ** power)
const sides = anchorStrides.map((stride) => 4 * stride)
/** Height over width. */
const ratios = [0.5, 1, 2]

const rounded = (x: number): number => Math.round(100 * x) / 100
const byRatio = (size: number, ratio: number): Anchor => [rounded(size / Math.sqrt(ratio)), rounded(size * Math.sqrt(ratio))]

/** A half goes to the even number. */
const toEven = (x: number): number => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x))

/** torchvision (RetinaNet's AnchorGenerator): by ratio then size, whole sizes, halves of sides rounded. */
export const torchvisionAnchors: Places = {
  strides: anchorStrides,
  spacing: 'floor',
  anchors: sides.map((side) =>
    ratios.flatMap((ratio) =>
      octaves.map((octave): Anchor => {
        const [size, root] = [Math.trunc(side * octave), Math.sqrt(ratio)]
        return [2 * toEven(size / root / 2), 2 * toEven((size * root) / 2)]
      }),
    ),
  ),
}

/** detectron2 (DefaultAnchorGenerator): by size, then ratio. */
export const detectronAnchors: Places = {
  strides: anchorStrides,
  anchors: sides.map((side) => octaves.flatMap((octave) => ratios.map((ratio) => byRatio(side * octave, ratio)))),
}

/** MMDetection (RetinaHead's AnchorGenerator): by ratio, then size. */
export const mmdetectionAnchors: Places = {
  strides: anchorStrides,
  anchors: sides.map((side) => ratios.flatMap((ratio) => octaves.map((octave) => byRatio(side * octave, ratio)))),
}

// EfficientDet D7 takes 1536 pixels, and has larger anchors than the others
const largest = 1536
const wide: readonly Anchor[] = [
  [1, 1],
  [1.4, 0.7],
  [0.7, 1.4],
]

/** EfficientDet: by scale then ratio, at the centres of cells. */
export const efficientDetAnchors = ({ height }: NonNullable<DetectorQuestion['size']>): Places => ({
  ...{ strides: anchorStrides, offset: 0.5 },
  anchors: anchorStrides.map((stride) =>
    octaves.flatMap((octave) => {
      const side = (height === largest ? 5 : 4) * stride * octave
      return wide.map(([w, h]): Anchor => [rounded(side * w), rounded(side * h)])
    }),
  ),
})
