/** @file One number of a tensor: an angle, an age, a single pixel's logit; what raises it or what lowers it. */
import { GradcamError } from '../../core/errors.ts'
import { branchesOf } from '../../graph/branch.ts'
import { allOf } from '../../graph/lookup.ts'
import { shapeText, type Value } from '../../graph/graph.ts'
import { float32, sizeOf } from '../../core/tensor.ts'
import { nearestNames } from '../../core/text.ts'
import { fitting } from '../class-scores.ts'
import { batchAxisOf, findTensor, type ObjectiveContext, tensorNamed } from '../context.ts'
import { isIndices, oneOf, text, that } from '../fields.ts'
import type { ObjectiveKind } from '../kind.ts'
import { classOf, resolveLabel, simplified } from '../labels.ts'
import type { Objective } from '../objective.ts'
import { badTarget } from '../refusal.ts'
import { weightedObjective } from '../weighted.ts'

// weights of a whole tensor are fed
const maxValues = 2 ** 24

/** One number that the network computes. */
export interface ValueSpec {
  kind: 'value'
  /** Name of a tensor. Default: the reduction layer. */
  tensor?: string
  /** Its label or index on axis 1, or a full position without the batch; not needed where there is one value only. */
  element?: number | string | readonly number[]
  /** What raises it or what lowers it. Default: `up`. */
  direction?: 'up' | 'down'
}

const isElement = (value: unknown): boolean =>
  typeof value === 'string' || (Number.isInteger(value) && (value as number) >= 0) || isIndices(value)

export const valueKind: ObjectiveKind<ValueSpec> = {
  kind: 'value',
  fields: { tensor: text, element: that(isElement, 'is a label, an index or a position'), direction: oneOf('up', 'down') },
  words: {
    value(rest) {
      const [, name = '', direction] = /^(.*?)(?::(up|down))?$/i.exec(rest) ?? []
      const [, tensor, position] = /^(.+)\[([\d\s,]+)\]$/.exec(name) ?? []
      return {
        kind: 'value',
        ...(tensor === undefined ? { element: classOf(name) } : { tensor, element: (position ?? '').split(',').map(Number) }),
        ...(direction === undefined ? {} : { direction: direction.toLowerCase() === 'down' ? 'down' : 'up' }),
      }
    },
  },
  help: [['value:yaw  value:0:down', 'a number by label or index, up or down (value:name[0,3]: of a tensor)']],
  make: async (spec, context) => [valueObjective(spec, context)],
}

/** y = ± x[element]. */
function valueObjective({ tensor, element, direction }: ValueSpec, context: ObjectiveContext): Objective {
  const { of, position, label } = placeOf(tensor, element, context)
  const batchAxis = batchAxisOf(of, context.batch)
  const dims = withoutBatch(of, context)
  const size = sizeOf(dims)
  if (!(size <= maxValues))
    throw badTarget(
      `the tensor ${of.name} ${shapeText(of.shape)} is too large to pick one value of`,
      'use an expression: expression:name[0, 3]',
    )
  const weights = new Float32Array(size)
  const at = position.reduce((index, each, axis) => index * (dims[axis] as number) + each, 0)
  weights[at] = direction === 'down' ? -1 : 1
  const { graph, info } = context
  const spans = [allOf(of.shape[0] ?? 1), ...position.map((from) => ({ from, to: from + 1 }))]
  const before = branchesOf(graph, info, of.name, spans)
  return {
    ...weightedObjective({
      ...{ tensor: of.name, batchAxis },
      factors: [float32(weights, [1, ...dims])],
      label: direction === 'down' ? `${label} down` : label,
    }),
    ...(before.length > 0 ? { before } : {}),
  }
}

interface Place {
  of: Value
  position: readonly number[]
  label: string
}

/** Dimensions of one image. */
const withoutBatch = (of: Value, { batch }: ObjectiveContext): number[] => of.shape.toSpliced(batchAxisOf(of, batch), 1).map(Number)

function placeOf(tensor: string | undefined, element: ValueSpec['element'], context: ObjectiveContext): Place {
  const { labels } = context
  const of = tensorNamed(context, tensor ?? context.reduction)
  const dims = withoutBatch(of, context)
  if (typeof element !== 'string') return inside(of, dims, element, undefined, labels)
  const own = fitting(labels, onlySeveral(dims) ?? Number(of.shape[1]))
  const wanted = simplified(element.replace(/^label:/i, ''))
  if (own.some((label) => simplified(label) === wanted)) {
    const found = resolveLabel(`label:${wanted}`, own, own.length)
    if (found.kind === 'class') return inside(of, dims, found.index, own[found.index], labels)
  }
  if (tensor === undefined) {
    const named = byName(element, of, context)
    return inside(named, withoutBatch(named, context), undefined, element, labels)
  }
  throw new GradcamError('unknown-label', `${of.name} has no value called ${element}`, {
    hint: 'give one of the labels of the model, or an index',
    suggestions: nearestNames(element, labels),
  })
}

/** A tensor by its name; a near miss may be one of a label. */
function byName(name: string, own: Value, context: ObjectiveContext): Value {
  const near = nearestNames(name, fitting(context.labels, Number(own.shape[1])))
  if (near.length === 0 || findTensor(context, name)) return tensorNamed(context, name)
  throw new GradcamError('unknown-tensor', `no value and no tensor is called ${name}`, {
    hint: `did you mean ${near.join(', ')}?`,
    suggestions: near,
  })
}

/** The size of the only axis of several values, as of [1, 1, C]. */
function onlySeveral(dims: readonly number[]): number | undefined {
  const several = dims.filter((dim) => dim > 1)
  return several.length === 1 ? several[0] : undefined
}

/** A position of a tensor; `label` is what a person calls it. */
function inside(
  of: Value,
  dims: readonly number[],
  element: number | readonly number[] | undefined,
  label: string | undefined,
  labels: readonly string[],
): Place {
  const tensor = `${of.name} ${shapeText(of.shape)}`
  const values = sizeOf(dims)
  if (element === undefined) {
    if (values === 1) return { of, position: dims.map(() => 0), label: label ?? of.name }
    const listed = fitting(labels, dims[0] ?? 0)
      .slice(0, 6)
      .join(', ')
    const named = listed === '' ? '' : `: ${listed}`
    throw badTarget(
      `${tensor} holds ${values} values an image${named}`,
      'name one by its label, its index, or its full position: value:name[0,3]',
    )
  }
  const given = typeof element === 'number' ? [element] : element
  const rest = dims.slice(given.length)
  const alone = given.length === 1 && onlySeveral(dims) !== undefined
  const spread = alone ? dims.map((dim) => (dim > 1 ? (given[0] as number) : 0)) : given
  const whole = !alone && sizeOf(rest) === 1 ? [...given, ...rest.map(() => 0)] : spread
  if (whole.length !== dims.length)
    throw new GradcamError('bad-index', `[${given.join(', ')}] is no single value of ${tensor}`, {
      hint: 'give one number for each axis after the batch; region:… explains a class over many places',
    })
  const axis = whole.findIndex((at, i) => at >= (dims[i] as number))
  if (axis >= 0)
    throw new GradcamError('bad-index', `[${given.join(', ')}] lies outside ${tensor}`, {
      hint: `use 0 to ${(dims[axis] as number) - 1} on axis ${axis + 1}`,
    })
  const known = given.length === 1 ? fitting(labels, dims[0] ?? 0)[given[0] as number] : undefined
  return { of, position: whole, label: label ?? known ?? `${of.name}[${given.join(', ')}]` }
}
