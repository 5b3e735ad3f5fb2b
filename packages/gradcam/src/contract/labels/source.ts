/** @file One place that names the classes of a model. */
import type { FactSource } from '../fact.ts'

/** What one place says. */
export interface LabelSource {
  source: FactSource
  /** Where, in words: "id2label in config.json". */
  from: string
  /** Empty where it names none. */
  labels: readonly string[]
  /** How many classes it speaks of, where it does not name them. */
  count?: number | undefined
  /** What is wrong with it, behind `from`: "is no list of labels". */
  fault?: string | undefined
}

/** Labels that a file keeps without a thought: `LABEL_0`, `class 1`. */
export const isPlaceholder = (labels: readonly string[]): boolean =>
  labels.length > 0 && labels.every((label, index) => new RegExp(`^(?:label|class)[_ ]?${index}$`, 'i').test(label))
