/** @file Labels in a config.json: of transformers (`id2label`, `label2id`), of timm (`label_names`, `label_descriptions`). */
import { GradcamError } from '../../core/errors.ts'
import { listedLabels } from './listed.ts'
import { isPlaceholder, type LabelSource } from './source.ts'

const fields = ['id2label', 'label2id', 'label_names'] as const
const counts = ['num_labels', 'num_classes'] as const

/**
 * What the fields of a config.json say of labels.
 *
 * @throws GradcamError `model-invalid` where the labels are not labels
 */
export function labelsOfConfig(config: Readonly<Record<string, unknown>>): LabelSource[] {
  const from = (field: string): string => `${field} in config.json`
  const listed = fields.flatMap((field): LabelSource[] => {
    const value = config[field]
    if (value === undefined || value === null) return []
    const labels = listedLabels(value, (fault) => invalid(`${field} ${fault}`))
    return labels.length === 0 ? [] : [{ source: 'stated', from: from(field), labels: described(labels, config['label_descriptions']) }]
  })
  const counted = counts.flatMap((field): LabelSource[] => {
    const count = config[field]
    return typeof count === 'number' && count > 0 ? [{ source: 'stated', from: from(field), labels: [], count }] : []
  })
  // transformers writes both, from one table
  const [first, second] = listed
  const twice = first && second && second.from === from('label2id') && isPlaceholder(first.labels)
  return [...(twice ? [second, first, ...listed.slice(2)] : listed), ...counted]
}

/** WordNet's numbers say nothing to a person: their descriptions do. */
function described(labels: readonly string[], descriptions: unknown): readonly string[] {
  if (typeof descriptions !== 'object' || descriptions === null) return labels
  const texts = new Map<string, unknown>(Object.entries(descriptions))
  return labels.map((label) => {
    const text = /^n\d{8}$/.test(label) ? texts.get(label) : undefined
    return typeof text === 'string' ? text : label
  })
}

const invalid = (what: string): GradcamError =>
  new GradcamError('model-invalid', `config.json beside the model: ${what}`, {
    hint: 'write id2label as { "0": "first label", … }, remove the file, or give `labels`',
  })
