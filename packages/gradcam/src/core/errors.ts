/** @file The one error type: a stable code for programs, a message that says what is wrong, a hint that says what to do next. */

/** Every way in which gradcam refuses. Stable: callers may switch on it. */
export type ErrorCode =
  // the request
  | 'bad-option'
  | 'unknown-label'
  | 'ambiguous-label'
  | 'unknown-layer'
  | 'unknown-tensor'
  | 'bad-index'
  | 'bad-target'
  /** not in this image: another one may have it */
  | 'target-absent'
  // the model
  | 'model-missing'
  | 'model-unreadable'
  | 'model-invalid'
  | 'model-refused'
  | 'no-features'
  | 'no-gradient'
  | 'unsupported-operator'
  | 'unsupported-model'
  // the image or tensor
  | 'image-missing'
  | 'image-unreadable'
  | 'image-too-large'
  | 'bad-tensor'
  | 'shape-mismatch'
  // the surroundings
  | 'cannot-write'
  /** an optional package that is needed here */
  | 'not-installed'
  | 'run-failed'
  | 'cancelled'
  /** a replay of another model, image or file */
  | 'replay-mismatch'
  | 'internal'

export interface ErrorDetails {
  /** What to do next, one sentence. Options stand in backticks: `featureLayer`, `activation: 'none'`. */
  hint: string
  /** The graph node at fault, where there is one. */
  node?: { name: string; operator: string }
  /** Near misses, best first: labels, layers, options. */
  suggestions?: readonly string[]
  /** Facts for programs, as JSON: the `option` at fault, its `value`, what is `allowed`. */
  data?: Readonly<Record<string, unknown>>
  cause?: unknown
}

/**
 * What gradcam throws, always.
 *
 * @example
 * try {
 *   await net.explain('photo.jpg', { target: 'retriver' })
 * } catch (error) {
 *   if (error instanceof GradcamError) console.error(error.message, error.hint)
 * }
 */
export class GradcamError extends Error {
  override readonly name = 'GradcamError'
  readonly code: ErrorCode
  readonly hint: string
  readonly node: { name: string; operator: string } | undefined
  readonly suggestions: readonly string[]
  readonly data: Readonly<Record<string, unknown>> | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.hint = details.hint
    this.node = details.node
    this.suggestions = details.suggestions ?? []
    this.data = details.data
  }
}

/** What is asked for cannot be had. */
export const badOption = (message: string, hint: string, more: Omit<ErrorDetails, 'hint'> = {}): GradcamError =>
  new GradcamError('bad-option', message, { ...more, hint })

/** What cannot be, unless gradcam or the runtime has a fault. */
export const internalError = (message: string): GradcamError =>
  new GradcamError('internal', message, { hint: 'please report this with the model' })

/** A remark on a result that is valid. */
export interface Warning {
  code: string
  message: string
  /** Options stand in backticks, as in errors. */
  hint: string
  /** Facts for programs, as JSON. */
  data?: Readonly<Record<string, unknown>>
}

/** One warning, as a list. */
export const warn = (code: string, message: string, hint: string): Warning[] => [{ code, message, hint }]
