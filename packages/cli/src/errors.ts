/** @file Errors of the command: made, told apart, and their exit codes. */
import { CommanderError } from 'commander'
import type { ErrorCode } from 'gradcam'
import { kebab } from './flags/case.ts'

/** What every error of gradcam carries; GradcamError has this shape too, without the library having to be loaded here. */
export interface Refusal extends Error {
  code: ErrorCode
  hint: string
  suggestions?: readonly string[]
  /** Facts: where one of a closed list was expected, its `value` and what is `allowed`. */
  data?: Readonly<Record<string, unknown>> | undefined
  /** Where it is not that of the code. */
  exitCode?: number
}

/** An error of the command's own, in the library's terms. */
export function refuse(code: ErrorCode, message: string, hint: string, { cause, data }: Pick<Refusal, 'cause' | 'data'> = {}): Refusal {
  const error = new Error(message, cause === undefined ? undefined : { cause })
  return Object.assign(error, { code, hint }, data && { data })
}

/** What is asked for cannot be had. */
export const badOption = (message: string, hint: string, more?: Pick<Refusal, 'cause' | 'data'>): Refusal =>
  refuse('bad-option', message, hint, more)

/** The same error; its message begins with what it is about, a photo or a model, where it does not name it. */
export function withSubject(subject: string, error: unknown): unknown {
  if (error instanceof Error && !error.message.includes(subject)) error.message = `${subject}: ${error.message}`
  return error
}

/** For `catch`: throws the same error with its subject. */
export function rethrowWith(subject: string): (error: unknown) => never {
  return (error) => {
    throw withSubject(subject, error)
  }
}

/** Codes of wrong calls; all others are failures. */
const wrongCalls: ReadonlySet<string> = new Set([
  'bad-option',
  'unknown-label',
  'ambiguous-label',
  'unknown-layer',
  'unknown-tensor',
  'bad-index',
  'bad-target',
])

export function isRefusal(error: unknown): error is Refusal {
  return error instanceof Error && 'code' in error && 'hint' in error && typeof error.hint === 'string'
}

/** 0 for help and version, 2 for a wrong call, that of the signal when stopped, 1 for everything else. */
export function exitCodeOf(error: unknown): number {
  if (isRefusal(error) && error.exitCode !== undefined) return error.exitCode
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  return isRefusal(error) && wrongCalls.has(error.code) ? 2 : 1
}

export type Reason = Pick<Refusal, 'code' | 'message' | 'hint' | 'data'>

/** Code, message, hint and facts of anything that was thrown. */
export function reasonOf(error: unknown): Reason {
  if (error instanceof CommanderError) {
    const [message = '', second] = error.message.replace(/^error: /, '').split('\n')
    const meant = second?.match(/Did you mean (.+)\?/)?.[1]
    const hint = meant ? `did you mean ${meant}?` : 'gradcam --help lists commands, gradcam <command> --help its options'
    return { code: 'bad-option', message, hint }
  }
  if (isRefusal(error)) {
    const { code, message, hint, suggestions = [], data } = error
    // said already, in the message or the hint
    const near = hint.includes('did you mean') ? [] : suggestions.filter((each) => !message.includes(JSON.stringify(each))).slice(0, 3)
    // settings of methods have no flags of their own
    const names = data?.['option'] === 'options' ? near.map(kebab) : near
    return { code, message, hint: near.length > 0 ? `did you mean ${names.join(' or ')}? ${hint}` : hint, ...(data && { data }) }
  }
  const message = error instanceof Error ? error.message : String(error)
  return { code: 'internal', message: `internal error: ${message}`, hint: 'run it again with --debug, and report what it prints' }
}

/** The same error, with near misses where its value is none of a closed list. */
export async function withSuggestions(error: unknown): Promise<unknown> {
  if (!isRefusal(error) || error.suggestions) return error
  const { value, allowed } = error.data ?? {}
  if (typeof value !== 'string' || !Array.isArray(allowed)) return error
  const { nearestNames } = await import('gradcam')
  return Object.assign(error, { suggestions: nearestNames(value, allowed as string[]) })
}
