/** @file TensorInfo beside a model, from a Hugging Face `config.json`: labels, and what kind of answer the outputs are. */
import { GradcamError } from '../core/errors.ts'

export interface ModelConfig {
  labels: readonly string[]
  /** Outputs are classes of which one is right. */
  singleLabel: boolean
}

const maxLabels = 1_000_000

/**
 * Reads `id2label` (an object with indices as keys, or a list) and `problem_type`.
 *
 * @throws GradcamError `model-invalid` where the labels are not labels
 */
export function parseConfig(json: unknown): ModelConfig {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw invalid('it is not a JSON object')
  const { id2label, problem_type: problem } = json as Record<string, unknown>
  const labels = labelsOf(id2label)
  const several = problem === 'regression' || problem === 'multi_label_classification'
  return { labels, singleLabel: labels.length > 1 && !several }
}

function labelsOf(value: unknown): string[] {
  if (value === undefined || value === null) return []
  if (typeof value !== 'object') throw invalid('id2label is neither an object nor a list')
  const labels: string[] = []
  for (const [key, label] of Object.entries(value)) {
    const index = Number(key)
    if (!Number.isInteger(index) || index < 0 || index >= maxLabels)
      throw invalid(`id2label has the key ${JSON.stringify(key.slice(0, 40))}`)
    if (typeof label !== 'string') throw invalid(`the label of class ${index} is not text`)
    labels[index] = label
  }
  return Array.from(labels, (label, index) => label ?? `class ${index}`)
}

const invalid = (what: string): GradcamError =>
  new GradcamError('model-invalid', `config.json beside the model: ${what}`, {
    hint: 'write id2label as { "0": "first label", … }, or remove the file',
  })
