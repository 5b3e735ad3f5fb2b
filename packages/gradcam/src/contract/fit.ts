/** @file Steps of a preprocessing for an input whose size the model fixes: where a file says another size, the model's is made. */
import { type Warning, warn } from '../core/errors.ts'
import type { Size } from '../core/pixels.ts'
import { finalSize, type Preprocessing, type Step } from '../model/preprocessing.ts'
import { type Fact, fact } from './fact.ts'

type Steps = Fact<Preprocessing['steps']>

/** The same steps at the size that the model takes; a side that is undefined is free. */
export function fitted(
  steps: Steps,
  { height, width }: { height: number | undefined; width: number | undefined },
): { steps: Steps; warnings: readonly Warning[] } {
  const size = finalSize({ steps: steps.value })
  if (!size || steps.source === 'given') return { steps, warnings: [] }
  const wanted = { height: height ?? size.height, width: width ?? size.width }
  if (gives(steps.value, size, wanted)) return { steps, warnings: [] }
  const text = ({ width, height }: Size): string => `${width}×${height}`
  return {
    steps: fact(
      steps.value.map((step) => scaled(step, size, wanted)),
      'graph',
      `the model takes ${text(wanted)}, ${steps.from} says ${text(size)}`,
    ),
    warnings: warn(
      'preprocessing-contradicts',
      `${steps.from} makes ${text(size)} pixels, the model takes ${text(wanted)}`,
      'photos are prepared in the same way at the size of the model; give `resize` or `crop` to say otherwise',
    ),
  }
}

/** Whether the steps can end with a size: where photos keep their proportions, with its shorter or its longer side. */
function gives(steps: readonly Step[], size: Size, { height, width }: Size): boolean {
  const last = steps.map(({ to }) => to).findLast((to) => typeof to !== 'string')
  if (last && 'shortest' in last) return Math.min(height, width) === last.shortest
  if (last && 'longest' in last) return Math.max(height, width) === last.longest
  return height === size.height && width === size.width
}

/** A step in proportion: what was as large as the result is as large as the new one. */
function scaled(step: Step, from: Size, to: Size): Step {
  const factor = Math.max(to.height / from.height, to.width / from.width)
  const sizeOf = (size: Size): Size => ({
    height: Math.round((size.height * to.height) / from.height),
    width: Math.round((size.width * to.width) / from.width),
  })
  const side = (length: number): number => Math.max(1, Math.round(length * factor))
  const target = step.to
  if (typeof target !== 'object') return step
  if ('height' in target && 'width' in target) return { ...step, to: sizeOf(target) }
  if ('shortest' in target) {
    const { longest } = target
    return {
      ...step,
      to: { ...target, shortest: side(target.shortest), ...(longest === undefined ? {} : { longest: side(longest) }) },
    } as Step
  }
  if ('longest' in target) return { ...step, to: { ...target, longest: side(target.longest) } } as Step
  if ('inside' in target) return { ...step, to: { ...target, inside: sizeOf(target.inside) } } as Step
  if ('cover' in target) return { ...step, to: { ...target, cover: sizeOf(target.cover) } } as Step
  if ('nearest' in target) return { ...step, to: { ...target, nearest: sizeOf(target.nearest) } } as Step
  return step
}
