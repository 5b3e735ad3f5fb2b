/** @file Further inputs of a network: NAME=FILE, where the file is a tensor or a photo. */
import { badOption } from './errors.ts'

/** NAME=FILE; the name may hold `=` itself, as names of tensors do. */
export function splitInput(text: string): [name: string, file: string] {
  const at = text.lastIndexOf('=')
  if (at < 1 || at === text.length - 1)
    throw badOption(`--input ${text}: NAME=FILE is expected`, "NAME is the name of one of the model's inputs")
  return [text.slice(0, at), text.slice(at + 1)]
}

/** The option `inputs` of what `--input` names; nothing where it is not given. */
export const furtherInputs = ({ input }: { input?: readonly string[] }): { inputs?: Record<string, string> } =>
  input ? { inputs: Object.fromEntries(input.map(splitInput)) } : {}
