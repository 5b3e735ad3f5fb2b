/** @file From an error to what a person reads and the shell gets: one line, one hint, an exit code. */
import { inspect } from 'node:util'
import { CommanderError } from 'commander'
import type { ErrorCode } from 'gradcam'
import { colors } from './terminal.ts'

/** What every error of gradcam carries; GradcamError has this shape too, without the library having to be loaded here. */
export interface Refusal extends Error {
  code: ErrorCode
  hint: string
  suggestions?: readonly string[]
  /** Where it is not that of the code. */
  exitCode?: number
}

/** An error of the command's own, in the library's terms. */
export function refuse(code: ErrorCode, message: string, hint: string, cause?: unknown): Refusal {
  return Object.assign(new Error(message, cause === undefined ? undefined : { cause }), { code, hint })
}

/** Codes that mean the command was called wrongly; all others mean that it failed. */
const usage: ReadonlySet<string> = new Set([
  'bad-option',
  'unknown-label',
  'ambiguous-label',
  'unknown-layer',
  'unknown-tensor',
  'bad-index',
  'bad-target',
])

function isRefusal(error: unknown): error is Refusal {
  return error instanceof Error && 'code' in error && 'hint' in error && typeof error.hint === 'string'
}

/** 0 for help and version, 2 for a wrong call, that of the signal when stopped, 1 for everything else. */
export function exitCodeOf(error: unknown): number {
  if (isRefusal(error) && error.exitCode !== undefined) return error.exitCode
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  return isRefusal(error) && usage.has(error.code) ? 2 : 1
}

export interface Reason {
  code: string
  message: string
  hint: string
}

/** Code, message and hint of anything that was thrown. */
export function reasonOf(error: unknown): Reason {
  if (error instanceof CommanderError) {
    const [message = '', second] = error.message.replace(/^error: /, '').split('\n')
    const meant = second?.match(/Did you mean (.+)\?/)?.[1]
    const hint = meant ? `did you mean ${meant}?` : 'gradcam --help lists commands, gradcam <command> --help its options'
    return { code: 'bad-option', message, hint }
  }
  if (isRefusal(error)) {
    const { code, message, hint, suggestions = [] } = error
    const untold = suggestions.filter((s) => !message.includes(s) && !hint.includes(s))
    return { code, message, hint: untold.length > 0 ? `${hint} (near: ${untold.slice(0, 5).join(' · ')})` : hint }
  }
  const message = error instanceof Error ? error.message : String(error)
  return { code: 'internal', message: `internal error: ${message}`, hint: 'run it again with --debug, and report what it prints' }
}

/** Message and hint as stderr shows them, with a final newline. */
export function messageText({ message, hint }: Omit<Reason, 'code'>): string {
  const { red, dim } = colors(process.stderr)
  return `${red('gradcam:')} ${message}\n  ${dim('hint:')} ${hint}\n`
}

/** The same error, its message opened by what it is about where it does not say so: a photo, a model. */
export function about(subject: string, error: unknown): unknown {
  if (error instanceof Error && !error.message.includes(subject)) error.message = `${subject}: ${error.message}`
  return error
}

/** An error's text for stderr; stack and causes only when debugging. */
export function errorText(error: unknown, debug: boolean): string {
  const text = messageText(reasonOf(error))
  return debug ? `${text}${inspect(error)}\n` : text
}
