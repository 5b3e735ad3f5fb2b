/** @file Photos as the inputs of a model take them, by what is known of these inputs. */
import { fitted } from '../contract/fit.ts'
import { fact } from '../contract/fact.ts'
import { checkTakesPhotos } from '../contract/takes-photos.ts'
import { badOption } from '../core/errors.ts'
import type { Pixels } from '../core/pixels.ts'
import { nearestNames } from '../core/text.ts'
import { preprocess } from '../image/preprocess.ts'
import type { Preprocessing } from '../model/preprocessing.ts'
import type { Explainer } from './explainer.ts'
import { imageInputOf } from './inputs.ts'
import type { PreparedImage } from './request.ts'

/**
 * A photo as a tensor.
 *
 * @param name of a further input. Default: the input that takes the image
 * @throws GradcamError `bad-option` for an input that there is not or that takes no photo, `unsupported-model` for one of other channels
 */
export function preparedPhoto(
  { imageInput, contract: { inputs } }: Pick<Explainer, 'imageInput' | 'contract'>,
  photo: Pixels,
  spec: Preprocessing,
  name = imageInput.name,
): PreparedImage {
  const facts = inputs.find((each) => each.name === name)
  if (!facts) {
    const names = inputs.map((each) => each.name)
    throw badOption(`the model has no input ${name}`, `\`inputs\` are named ${names.join(', ')}`, {
      suggestions: nearestNames(name, names),
    })
  }
  checkTakesPhotos(facts)
  const input = name === imageInput.name || !facts.image ? imageInput : imageInputOf({ ...facts, image: facts.image })
  const steps = name === imageInput.name ? spec.steps : fitted(fact(spec.steps, 'stated', 'the preprocessing'), input).steps.value
  const fitting = { ...spec, steps }
  return { ...preprocess(photo, fitting, input), photo, preprocessing: fitting }
}
