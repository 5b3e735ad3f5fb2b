/** @file `--json`: results as JSON, to stdout or .jsonl one object per line, to .json one object or a list. */
import { extname } from 'node:path'
import { openDraft, prepareFile, whenStopped } from './output.ts'
import { printableJson } from './printable.ts'
import { print } from './terminal.ts'

export interface JsonOutput {
  /** Takes the results of one photo. */
  write: (...values: object[]) => Promise<void>
  /** Puts the file in its place with what was written; without any result there is none. */
  close: () => void
}

/** Lines on stdout. */
export const jsonLines: JsonOutput = {
  write: async (...values) => print(values.map((value) => `${printableJson(value)}\n`).join('')),
  close: () => undefined,
}

const asLines = { start: '', between: '\n', end: '\n' }
const asList = { start: '[\n', between: ',\n', end: '\n]\n' }

/**
 * A file. It appears when it is closed; where the command is stopped before, with the results so far.
 *
 * @param several whether there are several photos: a .json file then holds a list even of one result
 */
export function jsonFile(file: string, several: boolean): JsonOutput {
  const document = extname(file).toLowerCase() === '.json'
  prepareFile(file)
  const draft = openDraft(file)
  let form = document && several ? asList : asLines
  let written = 0
  const close = (): void => {
    forget()
    if (written === 0) return draft.discard()
    draft.write(form.end)
    draft.commit()
  }
  const forget = whenStopped(close)
  return {
    close,
    async write(...values) {
      if (document && values.length > 1) form = asList
      for (const value of values) draft.write(`${written++ === 0 ? form.start : form.between}${JSON.stringify(value)}`)
    },
  }
}
