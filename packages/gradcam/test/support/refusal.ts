/** @file What every refusal has to keep to. */
import { expect } from 'vitest'
import { GradcamError } from '../../src/core/errors.ts'

/** The error itself, if it is a GradcamError that says what to do; anything else is a fault. */
export function asRefusal(error: unknown): GradcamError {
  if (!(error instanceof GradcamError)) throw error
  expect(error.hint).toMatch(/\w{3}/)
  expect(error.message).not.toMatch(/\n|undefined|\[object/)
  return error
}

/** The error that `attempt` ends with. */
export async function refusal(attempt: () => unknown): Promise<GradcamError> {
  try {
    await attempt()
  } catch (error) {
    return asRefusal(error)
  }
  throw new Error('nothing was refused')
}
