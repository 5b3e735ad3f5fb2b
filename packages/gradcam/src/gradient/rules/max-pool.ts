/** @file MaxPool: the gradient goes to the first place of the maximum, in row order. */
import type { Builder } from '../../graph/emit.ts'
import type { Dim, Value } from '../../graph/graph.ts'
import { sizeOf } from '../../core/tensor.ts'
import type { Rule, RuleContext } from '../rule.ts'
import { fold, perChannel, unfold } from './patches.ts'
import { selectionMatrix } from './selection.ts'
import { poolWindows, type Windows } from './window.ts'

// finite, so that 0 · padding stays 0 when windows are copied by a convolution
const lowest = (x: Value): number => (x.type === 'float16' ? -65504 : -3e38)

/** The model's own padding may be −∞; behind a ReLU nothing is. */
const raised = ({ g, x, maker }: RuleContext): Value => (maker(0) === 'Relu' ? x : g.clip(x, lowest(x), -lowest(x)))

export const MaxPool: Rule = (context) => {
  const { g, dy } = context
  const x = raised(context)
  const windows = poolWindows(context)
  return [windows.strides.every((stride) => stride === 1) ? axisByAxis(g, x, dy, windows) : windowByWindow(g, x, dy, windows)]
}

/** Windows are laid side by side, the first place of the maximum is marked, and marked places receive the gradient. */
function windowByWindow(g: Builder, x: Value, dy: Value, windows: Windows): Value {
  const patches = unfold(g, perChannel(g, x), windows, lowest(x))
  const batch = patches.shape[0] as Dim
  const first = g.node('ArgMax', [patches], { type: 'int64', shape: [batch, 1, ...windows.output] }, { axis: 1, keepdims: 1 })
  const iota = g.iota([1, sizeOf(windows.kernel), ...windows.output.map(() => 1)], x.type)
  // 1 − |i − first| clipped to 0 … 1: a comparison in arithmetic, which runs faster than one in booleans
  const marked = g.ramp(g.unary('Abs', g.sub(g.cast(first, x.type), iota)), -1, 1)
  return g.reshape(fold(g, g.mul(marked, perChannel(g, dy)), windows), x.shape)
}

/** y: the maximum of x over windows along one axis. */
interface Stage {
  x: Value
  y: Value
  axis: number
  taps: number
  dilation: number
}

/**
 * Without strides the maximum over a window is the maximum over columns of the maximum over rows, and the first place
 * in row order is the first row that has it, and there the first column: a few taps an axis instead of all places.
 */
function axisByAxis(g: Builder, x: Value, dy: Value, { kernel, dilations, begins, ends }: Windows): Value {
  const stages: Stage[] = []
  let from = g.pad(x, [0, 0, ...begins], [0, 0, ...ends], lowest(x))
  for (let axis = kernel.length - 1; axis >= 0; axis--) {
    if (kernel[axis] === 1) continue
    const to = maximum(g, from, axis, kernel, dilations)
    stages.push({ x: from, y: to, axis: axis + 2, taps: kernel[axis] as number, dilation: dilations[axis] as number })
    from = to
  }
  let gradient = dy
  for (const stage of stages.reverse()) gradient = back(g, stage, gradient)
  return g.pad(gradient, [0, 0, ...begins.map((n) => -n)], [0, 0, ...ends.map((n) => -n)])
}

/** The maximum along one spatial axis. */
function maximum(g: Builder, x: Value, axis: number, kernel: readonly number[], dilations: readonly number[]): Value {
  const only = <T>(values: readonly T[], otherwise: T): T[] => values.map((value, i) => (i === axis ? value : otherwise))
  const reach = ((kernel[axis] as number) - 1) * (dilations[axis] as number)
  const shape = x.shape.map((dim, i) => (i === axis + 2 ? (dim as number) - reach : dim))
  const dilated = dilations[axis] === 1 ? {} : { dilations: only(dilations, 1) }
  return g.node('MaxPool', [x], { type: x.type, shape }, { kernel_shape: only(kernel, 1), ...dilated })
}

/** Tap by tap: what equals the maximum takes the gradient that earlier taps left. One must: the last takes all that is left. */
function back(g: Builder, { x, y, axis, taps, dilation }: Stage, dy: Value): Value {
  const length = y.shape[axis] as number
  const size = x.shape[axis] as number
  let [total, rest] = [undefined as Value | undefined, dy]
  for (let tap = 0; tap < taps; tap++) {
    const start = tap * dilation
    let taken = rest
    if (tap < taps - 1) {
      // nothing is above the maximum
      const below = g.sub(g.slice(x, axis, start, start + length), y)
      taken = g.mul(rest, g.ramp(below, x.type === 'float16' ? 65504 : 3e38, 1))
      rest = g.sub(rest, taken)
    }
    const part = placed(g, taken, axis, start, size)
    total = total ? g.add(total, part) : part
  }
  return total as Value
}

// beyond this a product with a matrix costs more than it saves
const longestRow = 256

/** Zeros before and after along one axis. Short rows are moved faster by a product with a 0/1 matrix than one by one. */
function placed(g: Builder, part: Value, axis: number, start: number, size: number): Value {
  const length = part.shape[axis] as number
  if (axis < part.shape.length - 1 || size > longestRow) return g.padAlong(part, axis, start, size - length - start)
  const places = Array.from({ length }, (_, i) => start + i)
  return g.matmul(part, selectionMatrix(g, places, size, part.type))
}
