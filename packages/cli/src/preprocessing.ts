/** @file `--preprocessing`: a usual way by name, or a file in any of the known forms. */
import { type Preprocessing, parsePreprocessing, type PreprocessingName, preprocessingNames } from 'gradcam'
import { pathOf } from 'gradcam/node'
import { badOption, withSubject } from './errors.ts'
import { readNamed } from './inputs.ts'

/** The preprocessing of that name, or of that file. */
export async function preprocessingOf(name: string): Promise<PreprocessingName | Preprocessing> {
  const known = preprocessingNames.find((each) => each === name)
  if (known) return known
  const hint = `give --preprocessing one of ${preprocessingNames.join(', ')}, or a .json file`
  const data = { value: name, allowed: preprocessingNames }
  if (!name.endsWith('.json')) throw badOption(`unknown --preprocessing: ${name}`, hint, { data })
  const path = pathOf(name)
  const text = new TextDecoder().decode(await readNamed(path, 'bad-option', hint))
  try {
    return parsePreprocessing(JSON.parse(text), path)
  } catch (error) {
    if (error instanceof SyntaxError) throw badOption(`${path} is not JSON`, hint)
    throw withSubject(path, error)
  }
}
