/** @file `gradcam replay`: recorded explanations made again, and whether they are the same. */
import type { ExplanationJson } from 'gradcam/node'
import { badOption, rethrowWith } from '../errors.ts'
import type { ReplayFlags } from '../flags/table.ts'
import { readNamed, valueOf } from '../inputs.ts'
import { interruption } from '../interruption.ts'
import { furtherInputs } from '../further.ts'
import { withNetwork } from '../network.ts'
import { prepareFile, writeWhole } from '../output.ts'
import { present } from '../present.ts'
import { printable } from '../printable.ts'
import { photoSource } from '../stdin.ts'
import { print } from '../terminal.ts'

/** What the command adds to the library's JSON. */
type Recorded = ExplanationJson & { files?: { photo?: string; model?: string } }

const hint = 'give what gradcam explain --json wrote'

/** Returns whether all maps are the same, to the last digit. */
export async function replay(file: string, photo: string | undefined, flags: ReplayFlags): Promise<boolean> {
  const recorded = await recordedIn(file)
  const [first, ...others] = recorded
  if (!first) throw badOption(`${file} holds no explanation`, hint)
  if (flags.output !== undefined && others.length > 0)
    throw badOption(`${file} holds ${recorded.length} explanations, and --output is one figure`, 'leave --output out')
  if (flags.output !== undefined) prepareFile(flags.output)
  const model = flags.model ?? first.files?.model
  return withNetwork({ ...flags, ...present({ model }) }, async (network) => {
    let same = true
    for (const json of recorded) {
      const source = photo ?? json.files?.photo
      if (source === undefined) throw badOption(`${file} does not name the photo`, 'name it: gradcam replay why.json photo.jpg')
      const replayed = await network
        .replay(json, photoSource(source), { signal: interruption, ...furtherInputs(flags) })
        .catch(rethrowWith(source))
      const { explanation, identical, difference, changed } = replayed
      same &&= identical
      if (flags.output !== undefined) writeWhole(flags.output, await explanation.overlay().toBuffer())
      const verdict = identical ? 'the same map, to the last digit' : `differs by up to ${(100 * difference).toPrecision(2)} % of its range`
      const now = changed.length > 0 ? ` (${changed.join('; ')})` : ''
      if (!flags.quiet) await print(`${printable(json.label)} by ${printable(json.method)}: ${verdict}${printable(now)}\n`)
    }
    return same
  })
}

/** One explanation, a list, or one on each line; failed photos are left out. */
async function recordedIn(file: string): Promise<Recorded[]> {
  const text = String(await readNamed(file, 'bad-option', hint))
  const parse = (each: string): unknown => valueOf(each, file, hint)
  const lines = text.trim().split('\n')
  const values = /^\{.*\}$/.test(lines[0] ?? '') ? lines.map(parse) : [parse(text)].flat()
  return values.filter((value): value is Recorded => typeof value === 'object' && value !== null && !('error' in value))
}
