/** @file Makes an explanation again from its JSON, and says whether it is the same. */
import { badOption, GradcamError } from '../core/errors.ts'
import { type ExplanationData, type ExplanationJson, explanationJson } from './explanation.ts'
import type { ExplainOptions } from './request.ts'

/** What JSON cannot hold, and what watches the work. */
export type ReplayInputs = Pick<ExplainOptions, 'inputs' | 'progress' | 'signal' | 'target' | 'method'>

export interface Replay<Explanation extends ExplanationData = ExplanationData> {
  explanation: Explanation
  /** Whether raw and finished map are the same to the last digit. */
  identical: boolean
  /** The largest difference of the raw maps, as a part of the range of the recorded one. */
  difference: number
  /** What is not as it was: versions, engine. */
  changed: readonly string[]
}

/**
 * The options that make an explanation again.
 *
 * @throws GradcamError `bad-option` for JSON of another kind, and where a score, a method or bytes of the user's own have to be given again
 */
export function replayRequest(json: ExplanationJson, given: ReplayInputs): ExplainOptions {
  const schema: unknown = Object(json).schema
  if (schema !== 'gradcam/explanation/1' || typeof json.request !== 'object')
    throw badOption('this is no explanation that can be replayed', 'give the JSON of one explanation, as `toJSON()` writes it')
  const { target } = json.request
  const own = JSON.stringify(target)
  if (given.target === undefined && (target.kind === 'custom' || own.includes('"bytes":')))
    throw badOption(`the target ${json.label} was given in code, and JSON does not hold it`, 'give it again as `target`')
  // the description was checked when it was made, and is checked again when it is read
  return { ...(json.request as ExplainOptions), ...given }
}

/**
 * Refuses another model, image or target file than the recorded one.
 *
 * @throws GradcamError `replay-mismatch`
 */
export function checkDigests(json: ExplanationJson, { provenance }: ExplanationData): void {
  const { digests } = provenance
  const mismatch = (what: string, hint: string): GradcamError =>
    new GradcamError('replay-mismatch', `${what} is not the one that was explained: its SHA-256 differs`, { hint })
  if (digests.model !== json.digests.model) throw mismatch('the model', `load ${json.model} as it was`)
  for (const [name, digest] of Object.entries(json.digests.inputs)) {
    if (digests.inputs[name] !== digest)
      throw mismatch(`the input ${name}`, 'give the photo or tensor that was explained, prepared as it was')
  }
  for (const { file, sha256 } of json.digests.files) {
    const now = digests.files.find((each) => each.file === file)
    if (now && now.sha256 !== sha256) throw mismatch(`the file ${file} of the target`, 'put it back as it was')
  }
}

/** Compares an explanation with its record. */
export function compareWith<E extends ExplanationData>(json: ExplanationJson, explanation: E): Replay<E> {
  checkDigests(json, explanation)
  const now = explanationJson(explanation)
  const recorded = json.raw.data
  let [largest, low, high] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const [i, value] of now.raw.data.entries()) {
    const before = recorded[i] ?? Number.NaN
    largest = Math.max(largest, Math.abs(value - before))
    low = Math.min(low, before)
    high = Math.max(high, before)
  }
  const same = recorded.length === now.raw.data.length && recorded.every((value, i) => Object.is(value, now.raw.data[i]))
  const changed = Object.entries(json.versions).filter(([name, version]) => now.versions[name] !== version)
  return {
    explanation,
    identical: same && JSON.stringify(now.map) === JSON.stringify(json.map),
    difference: largest === 0 ? 0 : largest / (high - low || 1),
    changed: changed.map(([name, version]) => `${name}: ${version}, now ${now.versions[name] ?? 'none'}`),
  }
}
