/** @file Where the first NaN or infinity arises: in the image, in the network, or in the gradient. */
import { GradcamError, type Warning, warn } from '../core/errors.ts'
import { toFloat32 } from '../core/tensor.ts'
import { isFloat } from '../graph/graph.ts'
import type { TensorInfo } from '../graph/tensor-info.ts'
import type { ObjectiveInput } from '../objective/kinds.ts'
import type { MapResult } from './map-result.ts'
import { followPath } from './path.ts'
import { type PreparedBatch, valuesOf } from './prepare.ts'
import type { ExplainerState } from './state.ts'

type Ran = Pick<PreparedBatch, 'feeds' | 'shapes' | 'info'>

/** Where numbers stop being finite. */
interface Origin {
  what: 'NaN' | 'infinity'
  /** Node, its operator and its tensor. */
  at: string
}

// tensors that are looked at in one run
const together = 24

const isBad = (value: number): boolean => !Number.isFinite(value)

/** The node of the network that makes the first NaN of numbers; of a network without one, the first infinity. */
async function firstNotFinite(state: ExplainerState, { feeds, shapes, info }: Ran): Promise<Origin | undefined> {
  const nodes = state.model.graph.nodes.filter(({ outputs }) => isKnownFloat(info, outputs[0] ?? ''))
  let infinite: Origin | undefined
  for (let from = 0; from < nodes.length; from += together) {
    const part = nodes.slice(from, from + together)
    const values = await valuesOf(
      state,
      shapes,
      feeds,
      part.map(({ outputs }) => outputs[0] as string),
    )
    for (const { name, operator, outputs } of part) {
      const tensor = values[outputs[0] ?? '']
      const numbers = tensor ? toFloat32(tensor) : []
      const at = `${name} (${operator})`
      if (numbers.some(Number.isNaN)) return { what: 'NaN', at }
      if (numbers.some(isBad)) infinite ??= { what: 'infinity', at }
    }
  }
  return infinite
}

const isKnownFloat = (info: TensorInfo, name: string): boolean => {
  const value = info.find(name)
  return value !== undefined && isFloat(value.type)
}

const hint =
  'float16 models overflow at 65504; a division by zero, the root or logarithm of a negative number give NaN: check the input and how it is prepared'

/** A warning where scores or maps of a batch are no numbers, that says where they stop being some. */
export async function whereNotFinite(
  state: ExplainerState,
  batch: PreparedBatch,
  results: readonly (readonly MapResult[])[],
): Promise<Warning[]> {
  const bad = results.flat().find(({ raw, score }) => raw.data.some(isBad) || (score !== undefined && isBad(score)))
  if (!bad || batch.warnings.some(({ code }) => code === 'input-not-finite')) return []
  const origin = await firstNotFinite(state, batch)
  if (origin) return warn('not-finite', `the first ${origin.what} of the network arises at ${origin.at}`, hint)
  const target = (bad.index ?? bad.objective.spec) as ObjectiveInput | undefined
  const path = await followPath(state, batch.given, { ...batch.request, target: target === undefined ? undefined : [target] }).catch(
    () => undefined,
  )
  const step = path?.steps.find(({ norm }) => norm !== undefined && isBad(norm))
  const where = step ? `: the gradient is no number from ${step.node} (${step.operator}) on` : ', and not in the network itself'
  return warn(
    'not-finite',
    `the network's numbers are finite; the first NaN arises behind them${where}`,
    'explain another score, or use a method without gradients: recipro-cam, occlusion',
  )
}

/** @throws GradcamError `run-failed` where what a network answers is no numbers: nothing is best then */
export async function refuseNotFinite(state: ExplainerState, ran: Ran, scores: ArrayLike<number>): Promise<void> {
  if (!Array.from(scores).some(Number.isNaN)) return
  const origin = await firstNotFinite(state, ran)
  const where = origin ? `: the first ${origin.what} arises at ${origin.at}` : ''
  throw new GradcamError('run-failed', `the network's scores are NaN${where}`, { hint })
}
