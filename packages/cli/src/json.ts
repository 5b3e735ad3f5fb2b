/** @file `--json`: results as JSON, to stdout or .jsonl one object per line, to .json one object or a list. */
import { extname } from 'node:path'
import { openDraft, prepareFile, whenStopped } from './output.ts'
import { printableJson } from './printable.ts'
import { print } from './terminal.ts'

export interface JsonOutput {
  write: (value: object) => Promise<void>
  /** Puts the file in its place with what was written; without any result there is none. */
  close: () => void
}

/** Lines on stdout. */
export const jsonLines: JsonOutput = { write: async (value) => print(`${printableJson(value)}\n`), close: () => undefined }

/**
 * A file. It appears when it is closed; where the command is stopped before, with the results so far.
 *
 * @param list whether a .json file holds a list even of one result
 */
export function jsonFile(file: string, list: boolean): JsonOutput {
  const document = extname(file).toLowerCase() === '.json'
  prepareFile(file)
  const draft = openDraft(file)
  // of a document, the first result waits: a second one makes it a list
  let first: string | undefined
  let written = 0
  const add = (text: string): void => {
    draft.write(document ? `${written === 0 ? '[\n' : ',\n'}${text}` : `${text}\n`)
    written++
  }
  const close = (): void => {
    forget()
    if (first !== undefined) draft.write(list ? `[\n${first}\n]\n` : `${first}\n`)
    else if (written > 0 && document) draft.write('\n]\n')
    if (first === undefined && written === 0) draft.discard()
    else draft.commit()
  }
  const forget = whenStopped(close)
  return {
    close,
    async write(value) {
      const text = JSON.stringify(value)
      if (document && written === 0 && first === undefined) first = text
      else {
        if (first !== undefined) add(first)
        first = undefined
        add(text)
      }
    },
  }
}
