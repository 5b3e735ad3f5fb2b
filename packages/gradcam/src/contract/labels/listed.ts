/** @file Labels in every form that JSON and Python write them in: lists, objects by index, objects by name, lists of objects. */

/** More classes than any network has. */
export const maxLabels = 1_000_000

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Fields under which files keep their labels, and those of one class. */
const lists = ['id2label', 'label2id', 'label_names', 'names', 'labels', 'classes', 'class_names', 'categories'] as const
const texts = ['name', 'label', 'title', 'class'] as const

/**
 * Labels by their classes; a class without one is called by its index.
 *
 * - `["red", "green"]`, or of each class a list whose last entry is the label: `["n01440764", "tench"]`
 * - `{"0": "red", "1": "green"}`, also with such lists
 * - `{"red": 0, "green": 1}`
 * - `[{"id": 0, "name": "red"}, …]`
 * - an object with one of these as `id2label`, `label2id`, `label_names`, `names`, `labels`, `classes`, `class_names` or `categories`
 *
 * @param fail makes the error from what is wrong: "the label of class 3 is not text"
 */
export function listedLabels(value: unknown, fail: (fault: string) => Error, depth = 0): string[] {
  if (Array.isArray(value)) return ofList(value, fail)
  if (!isObject(value)) throw fail('is neither an object nor a list')
  const field = lists.find((name) => typeof value[name] === 'object' && value[name] !== null)
  if (field !== undefined && depth < 3) return listedLabels(value[field], fail, depth + 1)
  const entries = Object.entries(value)
  const byName = entries.every(([, index]) => typeof index === 'number') && entries.some(([key]) => !/^\d+$/.test(key))
  return placed(
    entries.map(([key, label]) => (byName ? [label, key] : [key, textOf(label)])),
    fail,
  )
}

function ofList(list: readonly unknown[], fail: (fault: string) => Error): string[] {
  const numbered = list.length > 0 && list.every((each) => isObject(each) && Number.isInteger(each['id'] ?? each['index']))
  return placed(
    list.map((each, i) => [numbered && isObject(each) ? (each['id'] ?? each['index']) : i, textOf(each)]),
    fail,
  )
}

/** The label of a class: text, the last of a list, or a field of an object. */
function textOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.at(-1)
  return isObject(value) ? texts.map((name) => value[name]).find((text) => typeof text === 'string') : value
}

function placed(entries: readonly (readonly [index: unknown, label: unknown])[], fail: (fault: string) => Error): string[] {
  const labels: string[] = []
  for (const [key, label] of entries) {
    const index = typeof key === 'string' && key.trim() === '' ? Number.NaN : Number(key)
    if (!Number.isInteger(index) || index < 0 || index >= maxLabels) throw fail(`has the key ${JSON.stringify(String(key).slice(0, 40))}`)
    if (typeof label !== 'string') throw fail(`has no text as the label of class ${index}`)
    if (labels[index] !== undefined) throw fail(`names class ${index} twice: ${shown(labels[index])} and ${shown(label)}`)
    labels[index] = label
  }
  return Array.from(labels, (label, index) => label ?? `class ${index}`)
}

const shown = (label: string): string => JSON.stringify(label.slice(0, 40))
