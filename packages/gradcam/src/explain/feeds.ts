/** @file What a network is fed: the image, and further inputs by name, in the element types that the model takes. */
import { lacksBatch } from '../contract/batch-axis.ts'
import { fullMasks } from '../contract/pixel-mask.ts'
import { ownSizes } from '../contract/size-inputs.ts'
import { badOption } from '../core/errors.ts'
import type { Tensor } from '../core/tensor.ts'
import { nearestNames } from '../core/text.ts'
import { isFloat } from '../graph/graph.ts'
import { batched, sizeOfImage, typed } from './inputs.ts'
import type { ExplainerState } from './state.ts'

/**
 * The tensors of a run. Inputs that nobody reads may be given, and are left aside.
 *
 * @throws GradcamError `bad-option` for names that no input has
 */
export function feedsOf(
  { image, contract, model }: Pick<ExplainerState, 'image' | 'contract' | 'model'>,
  tensor: Tensor,
  inputs: Readonly<Record<string, Tensor>>,
): Record<string, Tensor> {
  const names = contract.inputs.map(({ name }) => name)
  const feeds: Record<string, Tensor> = {}
  for (const [name, given] of Object.entries(inputs)) {
    if (!names.includes(name)) {
      throw badOption(`the model has no input ${name}`, `\`inputs\` are named ${names.join(', ')}`, {
        suggestions: nearestNames(name, names),
        data: { option: 'inputs', value: name, allowed: names },
      })
    }
    const facts = contract.inputs.find((input) => input.name === name)
    const value = facts && lacksBatch(facts) ? batched(given) : given
    const type = model.graph.inputs.find((input) => input.name === name)?.type
    if (type !== undefined || name === image.name)
      feeds[name] = isFloat(type) && isFloat(given.type) ? typed(value, type as Tensor['type']) : value
  }
  const of = [contract.inputs, tensor.dims[0] ?? 1, sizeOfImage(tensor, image)] as const
  return { ...fullMasks(...of), ...ownSizes(...of), ...feeds, [image.name]: typed(tensor, image.type) }
}

/** The dimensions of everything that is fed. */
export const dimsOf = (feeds: Readonly<Record<string, Tensor>>): Record<string, readonly number[]> =>
  Object.fromEntries(Object.entries(feeds).map(([name, { dims }]) => [name, dims]))
