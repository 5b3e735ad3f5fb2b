/** @file Labels in the metadata of an ONNX file: `names` of Ultralytics, `classes`, `labels` and the like, as JSON, Python or words. */
import { listedLabels, maxLabels } from './listed.ts'
import { pythonLiteral } from './python.ts'
import type { LabelSource } from './source.ts'
import { maxLabelText } from './text.ts'

/** Keys in small letters; of a dotted one the last part: `CustomVision.Labels`. Those that come first count more. */
const keys = [
  'names',
  'id2label',
  'label_names',
  'labels',
  'class_names',
  'classes',
  'classlabels',
  'class_labels',
  'categories',
  'label2id',
]

/** What an ONNX file's own metadata says. */
export function labelsOfMetadata(properties: readonly { key: string; value: string }[]): LabelSource[] {
  const known = properties
    .map(({ key, value }) => ({ key, value, rank: keys.indexOf((key.split('.').at(-1) ?? '').toLowerCase()) }))
    .filter(({ rank, value }) => rank >= 0 && value.trim() !== '')
    .toSorted((a, b) => a.rank - b.rank)
  return known.flatMap(({ key, value }) => {
    const about = { source: 'stated', from: `${key.slice(0, 60)} in the file's metadata` } as const
    if (value.length > maxLabelText) return [{ ...about, labels: [], fault: `has ${value.length} characters` }]
    const text = value.replace(/^\uFEFF/, '').trim()
    // `classes: 3`
    if (/^\d+$/.test(text)) return [{ ...about, labels: [], count: Number(text) }]
    try {
      const labels = labelsOf(text)
      return labels.length === 0 ? [] : [{ ...about, labels }]
    } catch (error) {
      return [{ ...about, labels: [], fault: error instanceof Error ? error.message : String(error) }]
    }
  })
}

function labelsOf(text: string): string[] {
  const fail = (fault: string): Error => new Error(fault)
  if (/^[[{(]/.test(text)) return listedLabels(json(text) ?? pythonLiteral(text), fail)
  const words = text.split(text.includes('\n') ? /\r?\n/ : text.includes(';') ? ';' : ',').map((word) => word.trim())
  if (words.length > maxLabels) throw fail(`has ${words.length} labels`)
  return words
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
