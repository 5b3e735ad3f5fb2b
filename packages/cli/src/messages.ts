/** @file Errors and warnings as stderr shows them: one line and one hint, in the words of the command line. */
import { inspect } from 'node:util'
import { type Reason, reasonOf } from './errors.ts'
import { inFlags } from './flags/names.ts'
import { printable, printableLines } from './printable.ts'
import { colors } from './terminal.ts'

const longest = 2000

/** Message and hint, with a final newline. */
export function messageText({ message, hint }: Pick<Reason, 'message' | 'hint'>): string {
  const { red, dim } = colors(process.stderr)
  return `${red('gradcam:')} ${printable(inFlags(message), longest)}\n  ${dim('hint:')} ${printable(inFlags(hint), longest)}\n`
}

/** An error's text; stack and causes only when debugging. */
export function errorText(error: unknown, debug: boolean): string {
  const text = messageText(reasonOf(error))
  return debug ? `${text}${printableLines(inspect(error))}\n` : text
}
