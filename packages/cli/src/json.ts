/** @file `--json`: one JSON object a line, to stdout or to a file that appears when it is complete. */
import { type Draft, openDraft, prepareFile } from './output.ts'
import { print } from './terminal.ts'

export interface JsonLines extends Omit<Draft, 'write'> {
  write: (value: object) => Promise<void>
}

const line = (value: object): string => `${JSON.stringify(value)}\n`

/** Without a file: stdout. */
export async function jsonLines(file: string | undefined): Promise<JsonLines> {
  if (file === undefined) {
    return { write: async (value) => print(line(value)), commit: async () => undefined, discard: async () => undefined }
  }
  await prepareFile(file)
  const draft = await openDraft(file)
  return { ...draft, write: async (value) => draft.write(line(value)) }
}
