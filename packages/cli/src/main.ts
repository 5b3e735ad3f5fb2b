/** @file Starts the command: runs the program, turns errors into text and exit codes, stops cleanly when interrupted. */
import { errorText, exitCodeOf } from './exit.ts'
import { interruption, stopWhenAsked } from './interruption.ts'
import { cannotWrite, discardDrafts } from './output.ts'
import { createProgram } from './program.ts'
import { endWithReader, tell } from './terminal.ts'

/** Runs `gradcam` with its arguments; the result is in process.exitCode: 0, 1 for a failure, 2 for a wrong call, 130 when interrupted. */
export async function main(args: readonly string[]): Promise<void> {
  endWithReader(endWithoutPlace)
  stopWhenAsked(stop)
  const program = createProgram()
  if (args.length === 0) return program.outputHelp()
  try {
    await program.parseAsync(args, { from: 'user' })
    interruption.throwIfAborted()
  } catch (error) {
    if (interruption.aborted) return stop(exitCodeOf(interruption.reason))
    process.exitCode = exitCodeOf(error)
    if (process.exitCode !== 0) tell(errorText(error, args.includes('--debug')))
  }
}

/** The disk that stdout or stderr goes to is full, or gone. */
function endWithoutPlace(cause: Error): void {
  discardDrafts()
  // stderr may be what cannot be written
  if (!process.stderr.destroyed && !process.stderr.errored) tell(errorText(cannotWrite('the output', cause), false))
  process.exit(1)
}

function stop(code: number): void {
  discardDrafts()
  // a bar that was cut off leaves the line unwrapped
  if (process.stderr.isTTY) tell('\x1b[?7h\n')
  process.exit(code)
}
