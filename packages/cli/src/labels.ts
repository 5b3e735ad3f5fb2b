/** @file `--labels`: a file with the names of the classes, or the word for ImageNet's. */
import { stat } from 'node:fs/promises'
import { parseLabels } from 'gradcam'
import { pathOf } from 'gradcam/node'
import { imagenetLabels } from 'gradcam-models'
import { badOption, withSubject } from './errors.ts'
import { readNamed } from './inputs.ts'

const largest = 2 ** 26
const hint = 'give --labels a file with one label a line, JSON, or imagenet'

/** The labels of a file, or the 1000 of ImageNet where it is called `imagenet`. */
export async function labelsNamed(name: string): Promise<readonly string[]> {
  if (name.toLowerCase() === 'imagenet') return imagenetLabels()
  const path = pathOf(name)
  const there = await stat(path).catch(() => undefined)
  if (there?.isDirectory()) throw badOption(`${path} is a folder`, hint)
  if (there && there.size > largest) throw badOption(`${path} has ${there.size} bytes`, `at most ${largest} are read as labels`)
  try {
    return parseLabels(await readNamed(path, 'bad-option', hint), path)
  } catch (error) {
    throw withSubject(path, error)
  }
}
