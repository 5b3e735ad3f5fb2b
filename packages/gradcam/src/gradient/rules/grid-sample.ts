/** @file GridSample: samples are products of one sampling matrix per axis, so both gradients are matrix products. */
import type { Dim, Value } from '../../graph/graph.ts'
import { fixedDims, type Rule, type RuleContext } from '../rule.ts'
import { type Border, type SampleMode, type Sampler, sampler } from './sampling.ts'
import { product } from './selection.ts'

const modes: Readonly<Record<string, SampleMode>> = {
  bilinear: 'linear',
  linear: 'linear',
  bicubic: 'cubic',
  cubic: 'cubic',
  nearest: 'nearest',
}
// elements of the largest intermediate tensor, per image
const largest = 2 ** 28

/**
 * Y[n, c, p] = Σ X[n, c, i, j, …] · A₀[n, p, i] · A₁[n, p, j] · …
 *
 * Along one axis, with all others folded into M[n, p, others]: rows R = dY·M, [N, C·others, P];
 * dX = R·A, and the gradient of the axis' coordinate is Σ over the axis of (Rᵀ·X)·dA.
 */
export const GridSample: Rule = (context) => {
  const { g, x, b: grid, dy } = context
  const sizes = fixedDims(context, x.shape.slice(2))
  const [batch, channels] = [x.shape[0] as Dim, ...fixedDims(context, [x.shape[1] as Dim])] as [Dim, number]
  const [samples] = fixedDims(context, [product(grid.shape.slice(1, -1))]) as [number]
  const axes = sizes.map((_, i) => i)
  const samplers = samplersOf(context, sizes, batch, samples)
  const gradients = g.reshape(dy, [batch, channels, 1, samples])
  /** [N, C·others, P] and [N, C·others, size] for one axis. */
  const along = (axis: number) => {
    const others = axes.filter((i) => i !== axis)
    const width = channels * others.reduce((size, i) => size * (sizes[i] as number), 1)
    if (width * samples > largest)
      context.refuse(
        `its gradient would need ${width * samples} values per image`,
        'choose a smaller input size, or a feature layer after this node',
      )
    const folded = others
      .map((i) => (samplers[i] as Sampler).weights)
      .reduce<Value | undefined>((all, next) => (all ? outer(context, all, next, batch, samples) : next), undefined)
    const rows = folded
      ? g.mul(gradients, g.reshape(g.transpose(folded, [0, 2, 1]), [batch, 1, Number(folded.shape[2]), samples]))
      : gradients
    return { rows: g.reshape(rows, [batch, width, samples]), width, order: [0, 1, ...others.map((i) => i + 2), axis + 2] }
  }
  return [context.wants(0) ? imageGradient() : undefined, context.wants(1) ? gridGradient() : undefined]

  function imageGradient(): Value {
    const { rows } = along(axes.length - 1)
    return g.reshape(g.matmul(rows, (samplers.at(-1) as Sampler).weights), x.shape)
  }

  /** The grid names the last axis first. */
  function gridGradient(): Value | undefined {
    const parts = axes.map((axis): Value | undefined => {
      const slopes = (samplers[axis] as Sampler).slopes()
      if (!slopes) return undefined
      const { rows, width, order } = along(axis)
      const image = g.reshape(g.transpose(x, order), [batch, width, sizes[axis] as number])
      return g.sum(g.mul(g.matmul(g.transpose(rows, [0, 2, 1]), image), slopes), [2])
    })
    if (parts.includes(undefined)) return undefined
    return g.reshape(g.concat((parts as Value[]).reverse(), 2), grid.shape)
  }
}

function samplersOf(context: RuleContext, sizes: readonly number[], batch: Dim, samples: number): Sampler[] {
  const { g, b: grid } = context
  const mode = modes[context.string('mode', 'bilinear')] ?? context.refuse('its mode is not known')
  const border = context.string('padding_mode', 'zeros') as Border
  const align = context.int('align_corners', 0) !== 0
  const flat = g.reshape(grid, [batch, samples, sizes.length])
  return sizes.map((size, axis) => {
    const at = sizes.length - 1 - axis
    const coordinate = g.reshape(g.slice(flat, 2, at, at + 1), [batch, samples])
    return sampler(g, coordinate, { size, mode, align, border })
  })
}

/** [N, P, a] and [N, P, b] to [N, P, a·b] */
function outer({ g }: RuleContext, a: Value, b: Value, batch: Dim, samples: number): Value {
  const [rows, columns] = [Number(a.shape[2]), Number(b.shape[2])]
  return g.reshape(g.mul(g.reshape(a, [batch, samples, rows, 1]), g.reshape(b, [batch, samples, 1, columns])), [
    batch,
    samples,
    rows * columns,
  ])
}
