/** @file What is said of a target that cannot be used. */
import { GradcamError } from '../core/errors.ts'

export const badTarget = (message: string, hint: string, cause?: unknown): GradcamError =>
  new GradcamError('bad-target', message, { hint, cause })

/** Of a description that is none. */
export function noTarget(what: string, hint: string, suggestions: readonly string[] = []): GradcamError {
  const more = suggestions.length > 0 ? `did you mean ${suggestions.join(', ')}? ` : ''
  return new GradcamError('bad-target', `this is no target: ${what}`, { hint: more + hint, suggestions })
}

/** A file's name stands where its content is needed. */
export const notRead = (file: string): GradcamError =>
  badTarget(`the file ${file} of the target was not read`, 'give what the file holds; a network of `load` reads files')
