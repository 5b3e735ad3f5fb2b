/** @file Labels in a text file: one a line, ImageNet's synsets, numbered lines, or JSON. */
import { badOption } from '../../core/errors.ts'
import { decodeText } from '../../io/text.ts'
import { listedLabels, maxLabels } from './listed.ts'

/** More characters than a million labels of a few words have. */
export const maxLabelText = 2 ** 26

/**
 * The labels in the text of a file: one a line (`n01440764 tench, Tinca tinca` and `0 red` without what counts the lines), or JSON as a list,
 * by index, or by name.
 *
 * @param file text, or the bytes of a file in UTF-8 or UTF-16
 * @param name of the file, for messages
 * @throws GradcamError `bad-option` for text that holds no labels, or more than a million
 * @example
 * parseLabels('red\ngreen\n') // ['red', 'green']
 * @example
 * parseLabels('{"id2label": {"0": "red", "1": "green"}}') // ['red', 'green']
 */
export function parseLabels(file: string | Uint8Array, name = 'the labels'): string[] {
  const text = typeof file === 'string' ? file : decodeText(file)
  if (text.length > maxLabelText) throw badOption(`${name} has ${text.length} characters`, `at most ${maxLabelText} are read as labels`)
  const bare = text.replace(/^\uFEFF/, '').trimEnd()
  const labels = /^\s*[[{]/.test(bare) ? ofJson(bare, name) : ofLines(bare, name)
  if (labels.length > 0) return labels
  throw badOption(`${name} holds no labels`, 'write one a line, or JSON: ["red", "green"]')
}

function ofJson(text: string, name: string): string[] {
  const fail = (fault: string, cause?: unknown): Error =>
    badOption(`${name} ${fault}`, 'write labels as ["red", "green"] or {"0": "red", "1": "green"}', { cause })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    // a label may begin with a bracket
    if (!/^\s*(?:\[\s*["[{\]]|\{\s*["}])/.test(text)) return ofLines(text, name)
    throw fail('is not JSON', cause)
  }
  return listedLabels(value, fail)
}

function ofLines(text: string, name: string): string[] {
  if (text.includes('\0')) throw badOption(`${name} is no text`, 'save the labels as text in UTF-8, one a line')
  const lines = text === '' ? [] : text.split(/\r\n|\n|\r/, maxLabels + 1).map((line) => line.trim())
  if (lines.length > maxLabels)
    throw badOption(`${name} has more than ${maxLabels} lines`, 'no network has as many classes: give another file')
  return uncounted(lines).map((label, index) => (label === '' ? `class ${index}` : label))
}

const synset = /^n\d{8}\s+(?=\S)/

/** Lines without what counts them: WordNet's numbers, or 0, 1, 2 … in front of every one. */
function uncounted(lines: readonly string[]): readonly string[] {
  if (lines.every((line) => synset.test(line))) return lines.map((line) => line.replace(synset, ''))
  const count = /^(\d+)\s*(?:[:,;\t ])\s*(?=\S)/
  const counted = lines.length > 1 && lines.every((line, index) => Number(count.exec(line)?.[1] ?? -1) === index)
  return counted ? lines.map((line) => line.replace(count, '')) : lines
}
