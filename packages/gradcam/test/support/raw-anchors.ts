/** @file Anchors of published detectors by their own arithmetic, and numbers by which all nine of a place mean one box. */

export type Anchors = (stride: number) => [width: number, height: number][]

const scales = [1, Math.cbrt(2), Math.cbrt(4)]
const shapes = [
  [Math.SQRT2, Math.SQRT1_2],
  [1, 1],
  [Math.SQRT1_2, Math.SQRT2],
] as const

/** RetinaNet's paper: areas (4·stride)² times octaves of a third, height over width 1/2, 1, 2. */
export const ratioThenSize: Anchors = (stride) =>
  shapes.flatMap(([w, h]) => scales.map((scale): [number, number] => [4 * stride * scale * w, 4 * stride * scale * h]))
export const sizeThenRatio: Anchors = (stride) =>
  scales.flatMap((scale) => shapes.map(([w, h]): [number, number] => [4 * stride * scale * w, 4 * stride * scale * h]))
/** EfficientDet: squares first. */
export const efficientDet: Anchors = (stride) =>
  scales.flatMap((scale) =>
    (
      [
        [1, 1],
        [1.4, 0.7],
        [0.7, 1.4],
      ] as const
    ).map(([w, h]): [number, number] => [4 * stride * scale * w, 4 * stride * scale * h]),
  )

/** Offsets of each anchor to the box that lies three quarters of a cell to the right and half a cell down, 5×3 cells. */
export const toOneBox =
  (anchors: Anchors, offset: number, yFirst: boolean) =>
  (stride: number): number[] =>
    anchors(stride).flatMap(([w, h]) => {
      const x = [((0.75 - offset) * stride) / w, Math.log((5 * stride) / w)] as const
      const y = [((0.5 - offset) * stride) / h, Math.log((3 * stride) / h)] as const
      return yFirst ? [y[0], x[0], y[1], x[1]] : [x[0], y[0], x[1], y[1]]
    })

export const theOneBox = (x: number, y: number, s: number): number[] => [x - 1.75 * s, y - s, x + 3.25 * s, y + 2 * s]
