/** @file Channels of a decoding in the tensors at hand: checked, counted candidate by candidate, and read. */
import type { Activation, Channels } from '../../contract/decoding.ts'
import type { GradcamError } from '../../core/errors.ts'
import { softmax } from '../../core/numbers.ts'
import { type Tensor, toFloat32 } from '../../core/tensor.ts'
import { type Shape, shapeText } from '../../graph/graph.ts'
import { type ObjectiveContext, rowOf, tensorNamed, valuesNamed } from '../context.ts'
import { badTarget } from '../refusal.ts'

/** Where some channels lie in one tensor. */
export interface Placed {
  tensor: string
  axis: number
  /** Candidates that share the axis, and channels of each. */
  groups: number
  channels: number
  from: number
  count: number
  candidates: number
  /** Lengths by which candidates are counted, the last one fastest. */
  counted: readonly number[]
}

export const misfit = (what: string, why: string): GradcamError =>
  badTarget(`the decoding's ${what} do not fit the model: ${why}`, 'correct tensor, axis, groups, from or count')

/** Checks channels against the tensors that they belong to, one for each level. */
export const placed = (channels: Channels, context: ObjectiveContext, what: string): Placed[] =>
  [channels.tensor].flat().map((tensor) => placedIn(tensor, channels, context, what))

function placedIn(tensor: string, part: Channels, context: ObjectiveContext, what: string): Placed {
  const { axis, groups = 1, from = 0, count } = part
  // numbers of classes have no gradient, and need none
  const { name, shape } = (what === 'ids' ? valuesNamed : tensorNamed)(context, tensor)
  if (shape.length === 2 && axis === undefined && groups === 1) return oneEach(name, shape, part, what)
  const at = axis ?? shape.length - 1
  const all = shape[at]
  const text = `${name} ${shapeText(shape)}`
  if (at < 1 || typeof all !== 'number' || shape.some((dim, i) => i > 0 && typeof dim !== 'number') || (shape.length < 3 && groups === 1))
    throw misfit(what, `${text} has no axis ${at} with channels, beside others with candidates`)
  if (all % groups !== 0) throw misfit(what, `the ${all} channels of ${text} are not ${groups} groups`)
  const channels = all / groups
  const length = count ?? channels - from
  if (!(length > 0 && from + length <= channels))
    throw misfit(what, `${text} has no channels ${from} to ${from + length - 1}${groups > 1 ? ` in each of ${groups} groups` : ''}`)
  const counted = shape.flatMap((dim, i) => (i === 0 ? [] : i === at ? (groups > 1 ? [groups] : []) : [Number(dim)]))
  const candidates = counted.reduce((n, dim) => n * dim, 1)
  return { tensor: name, axis: at, groups, channels, from, count: length, candidates, counted }
}

/** [N, A]: one number for each candidate. */
function oneEach(tensor: string, [, candidates]: Shape, { from = 0, count = 1 }: Channels, what: string): Placed {
  if (typeof candidates !== 'number' || from !== 0 || count !== 1)
    throw misfit(what, `${tensor} has one number for each candidate, without channels`)
  return { tensor, axis: 2, groups: 1, channels: 1, from: 0, count: 1, candidates, counted: [candidates] }
}

/** How many candidates all levels have. */
export const countOf = (levels: readonly Placed[]): number => levels.reduce((n, { candidates }) => n + candidates, 0)

/** The level of a candidate, and its number there. */
export function levelOf(levels: readonly Placed[], candidate: number): { level: number; own: number } {
  let own = candidate
  for (const [level, { candidates }] of levels.entries()) {
    if (own < candidates) return { level, own }
    own -= candidates
  }
  throw new Error(`there is no candidate ${candidate}`)
}

/** [candidates, count] of one image, as they are in the tensors. */
export function rowsOf(levels: readonly Placed[], looked: Readonly<Record<string, Tensor>>, n: number, images: number): Float32Array {
  const count = levels[0]?.count ?? 0
  const values = new Float32Array(countOf(levels) * count)
  let start = 0
  for (const each of levels) {
    values.set(rowsOfLevel(looked[each.tensor] as Tensor, each, n, images), start)
    start += each.candidates * count
  }
  return values
}

function rowsOfLevel(tensor: Tensor, { axis, channels, from, count, candidates }: Placed, n: number, images: number): Float32Array {
  const row = rowOf(toFloat32(tensor), n, images)
  const inner = tensor.dims.slice(axis + 1).reduce((size, dim) => size * dim, 1)
  const values = new Float32Array(candidates * count)
  for (let candidate = 0; candidate < candidates; candidate++) {
    const start = Math.floor(candidate / inner) * channels * inner + (candidate % inner)
    for (let c = 0; c < count; c++) values[candidate * count + c] = row[start + (from + c) * inner] as number
  }
  return values
}

/** Activates rows in place: all channels alike, or each by its own. */
export function activated(rows: Float32Array, count: number, activations: readonly Activation[]): Float32Array {
  for (let start = 0; start < rows.length; start += count) {
    const row = rows.subarray(start, start + count)
    if (activations[0] === 'softmax') row.set(softmax(row))
    else for (let c = 0; c < count; c++) row[c] = activate(row[c] as number, activations[c] ?? (activations[0] as Activation))
  }
  return rows
}

export const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value))

function activate(value: number, activation: Activation): number {
  switch (activation) {
    case 'sigmoid':
      return sigmoid(value)
    case 'tanh':
      return Math.tanh(value)
    case 'exp':
      return Math.exp(value)
    case 'squared-sigmoid':
      return (2 * sigmoid(value)) ** 2
    case 'none':
    case 'softmax':
      return value
  }
}
