/** @file RoiAlign with averages: a region's bins are products of one averaging matrix per axis. Regions themselves are taken as given. */
import type { Builder } from '../../graph/emit.ts'
import type { Dim, Value } from '../../graph/graph.ts'
import { fixedDims, type Rule } from '../rule.ts'

const largest = 2 ** 28

interface Bins {
  size: number
  bins: number
  /** Samples per bin; 0: as many as the region has pixels per bin. */
  ratio: number
  scale: number
  halfPixel: boolean
}

/** [R, bins, size] for the begins and ends of regions, [R, 1]: bilinear weights, averaged over the samples of each bin. */
function averages(g: Builder, begin: Value, end: Value, { size, bins, ratio, scale, halfPixel }: Bins): Value {
  const regions = begin.shape[0] as Dim
  const offset = halfPixel ? 0.5 : 0
  const start = g.sub(g.mul(begin, scale), offset)
  const length = g.sub(g.sub(g.mul(end, scale), offset), start)
  // the older form never lets a region be smaller than a pixel
  const extent = halfPixel ? length : g.where(g.less(length, 1), 1, length)
  const step = g.reshape(g.mul(extent, 1 / bins), [regions, 1, 1])
  const count = ratio > 0 ? undefined : g.unary('Ceil', step)
  // a region twice as large as the image still fits
  const most = ratio > 0 ? ratio : 2 * Math.ceil(size / bins) + 1
  const sample = g.add(g.iota([1, 1, most], begin.type), 0.5)
  const bin = g.iota([1, bins, 1], begin.type)
  const within = count ? g.div(sample, count) : g.mul(sample, 1 / ratio)
  const place = g.add(g.reshape(start, [regions, 1, 1]), g.mul(step, g.add(bin, within)))
  const last = size - 1
  const inside = g.where(g.less(place, 0), 0, g.where(g.greater(place, last), last, place))
  const column = (value: Value): Value => g.reshape(value, [...value.shape, 1])
  const hat = g.relu(g.sub(1, g.unary('Abs', g.sub(column(inside), g.iota([size], begin.type)))))
  // samples more than a pixel outside count as 0
  const each = count ? g.div(1, count) : 1 / ratio
  let share = g.where(g.less(place, -1), 0, g.where(g.greater(place, size), 0, each, begin.type))
  if (count) share = g.where(g.greater(g.add(sample, g.mul(place, 0)), count), 0, share)
  const weights = g.sum(g.mul(hat, column(share)), [2], false)
  // regions beyond that would be averaged over too few samples: say so rather than answer wrongly
  return count ? g.where(g.greater(count, most), Number.NaN, weights) : weights
}

/**
 * Y[r, c, i, j] = Σ A[r, i, h] · B[r, j, w] · X[batch(r), c, h, w]:
 * dX[n, c] = Σ over regions of n and bins i of A[r, i, ·]ᵀ · (dY[r, c, i, ·] · B[r])
 */
export const RoiAlign: Rule = (context) => {
  const { g, x, b: boxes, c: image, dy, opset } = context
  if (context.string('mode', 'avg') !== 'avg') context.refuse('only the mode avg can be differentiated')
  const [channels, height, width] = fixedDims(context, x.shape.slice(1)) as [number, number, number]
  const [batch, regions] = fixedDims(context, [x.shape[0] as Dim, boxes.shape[0] as Dim]) as [number, number]
  const [rows, columns] = fixedDims(context, dy.shape.slice(2)) as [number, number]
  if (regions * channels * rows * width > largest || regions * rows * batch * height > largest) {
    context.refuse(
      `its gradient would need ${regions * channels * rows * width} values`,
      'explain the box without gradients: occlusion, rise, d-rise; or export the model with fewer proposals',
    )
  }
  const halfPixel = opset >= 16 && context.string('coordinate_transformation_mode', 'half_pixel') === 'half_pixel'
  const common = { ratio: context.int('sampling_ratio', 0), scale: context.float('spatial_scale', 1), halfPixel }
  const edge = (i: number): Value => g.slice(boxes, 1, i, i + 1)
  const across = averages(g, edge(0), edge(2), { ...common, size: width, bins: columns })
  let down = averages(g, edge(1), edge(3), { ...common, size: height, bins: rows })
  if (batch > 1) {
    // [R, 1, N, 1] · [R, rows, 1, H]: a region's rows stand under its own image
    const own = g.mask(g.equal(g.reshape(g.cast(image, 'float32'), [regions, 1]), g.iota([1, batch], 'float32')), dy.type)
    down = g.mul(g.reshape(own, [regions, 1, batch, 1]), g.reshape(down, [regions, rows, 1, height]))
  }
  const stacked = g.transpose(g.reshape(down, [regions * rows, batch * height]), [1, 0])
  // [R, C, rows, W] → [C, R·rows, W]
  const spread = g.matmul(dy, g.reshape(across, [regions, 1, columns, width]))
  const byChannel = g.reshape(g.transpose(spread, [1, 0, 2, 3]), [channels, regions * rows, width])
  const gradients = g.reshape(g.matmul(stacked, byChannel), [channels, batch, height, width])
  return [g.transpose(gradients, [1, 0, 2, 3])]
}
