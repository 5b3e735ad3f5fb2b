/** @file What a person sees: the command in a terminal of its own (util-linux's `script`), and what is left on the screen. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { bin } from './command.ts'

export const terminals = existsSync('/usr/bin/script')

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

/** Everything that goes to the terminal, byte for byte. */
export function onTerminal(cwd: string, columns: number, ...args: string[]): string {
  const command = `stty cols ${columns} rows 40; exec ${[process.execPath, bin, ...args].map(quoted).join(' ')}`
  const env = { ...process.env, NO_COLOR: '1', TERM: 'xterm', SHELL: '/bin/sh' }
  return spawnSync('script', ['-qfec', command, '/dev/null'], { cwd, env, encoding: 'utf8' }).stdout
}

/** The lines that are left: carriage returns and erased lines obeyed, long lines wrapped. */
export function screenOf(output: string, columns: number): string[] {
  const lines: string[] = ['']
  let at = 0
  for (const [token] of output.matchAll(/\p{Cc}\[[\d?;]*[A-Za-z]|[^]/gu)) {
    const line = lines.at(-1) as string
    if (token === '\n') {
      lines.push('')
      at = 0
    } else if (token === '\r') at = 0
    else if (token === '\x1b[K') lines[lines.length - 1] = line.slice(0, at)
    else if (token.startsWith('\x1b')) throw new Error(`the terminal is told ${JSON.stringify(token)}`)
    else if (at === columns) {
      lines.push(token)
      at = 1
    } else {
      lines[lines.length - 1] = line.slice(0, at) + token + line.slice(at + 1)
      at++
    }
  }
  return lines
}
