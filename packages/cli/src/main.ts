/** @file Starts the command: runs the program, turns errors into text and exit codes, stops cleanly when interrupted. */
import { exitCodeOf, withSuggestions } from './errors.ts'
import { endWith, interruption, stopText, stopWhenAsked } from './interruption.ts'
import { errorText } from './messages.ts'
import { cannotWrite, endUnfinished } from './output.ts'
import { createProgram, targetHelpFor } from './program.ts'
import { endWithReader, tell } from './terminal.ts'

/** Runs `gradcam` with its arguments; the result is in process.exitCode: 0, 1 for a failure, 2 for a wrong call, 130 when interrupted. */
export async function main(args: readonly string[]): Promise<void> {
  const stop = (code: number): void => {
    if (!args.includes('--quiet') && !args.includes('-q')) tell(stopText())
    endWith(code)
  }
  process.on('exit', endUnfinished)
  endWithReader(endWithoutOutput)
  stopWhenAsked(stop)
  const program = createProgram(await targetHelpFor(args))
  if (args.length === 0) return program.outputHelp()
  try {
    await program.parseAsync(args, { from: 'user' })
    interruption.throwIfAborted()
  } catch (error) {
    if (interruption.aborted) return stop(exitCodeOf(interruption.reason))
    process.exitCode = exitCodeOf(error)
    if (process.exitCode !== 0) tell(errorText(await withSuggestions(error), args.includes('--debug')))
  }
}

/** Ends the command where stdout or stderr cannot be written, as on a full disk. */
function endWithoutOutput(cause: Error): void {
  // stderr may be what cannot be written
  if (!process.stderr.destroyed && !process.stderr.errored) tell(errorText(cannotWrite('the output', cause), false))
  process.exit(1)
}
