/** @file Names of files as people write them: paths, `file:` addresses; what is an address elsewhere, refused. */
import { fileURLToPath } from 'node:url'
import { badOption } from '../core/errors.ts'

// one letter is a drive
const address = /^([a-z][a-z\d+.-]+):/i

/**
 * The path that a name means.
 *
 * @throws GradcamError `bad-option` for addresses that are not of this machine's files
 */
export function pathOf(name: string): string {
  const [, scheme] = address.exec(name) ?? []
  if (scheme === undefined) return name
  if (scheme.toLowerCase() === 'file') {
    try {
      return fileURLToPath(name)
    } catch (cause) {
      throw badOption(`${name} is no file of this machine`, 'give its path', { cause })
    }
  }
  if (!/^(https?|ftps?|s3|gs|wss?|data|blob|hf):/i.test(name)) return name
  const shown = name.length > 120 ? `${name.slice(0, 119)}…` : name
  throw badOption(`URLs are not fetched: ${shown}`, 'download it and give the path, or give the bytes')
}

/** What to say where a path is not there. */
export const missingHint = (name: string, usual: string): string =>
  /^~[\w.-]*(?:[/\\]|$)/.test(name)
    ? 'a shell writes the home folder in place of ~, unless it stands in quotes: give the whole path'
    : usual
