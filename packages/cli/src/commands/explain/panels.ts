/** @file How many maps are asked for, and whether they can be one picture. */
import { refuse } from '../../exit.ts'
import { type ExplainFlags, methodNames } from './flags.ts'

/** As many as the library draws. */
const mostPanels = 24
const mostInReport = 100

/** The least number of maps that the flags can come to, known before anything has run. */
export function panelsAtLeast(flags: Pick<ExplainFlags, 'target' | 'method'>, labels: number): number {
  const count = (target: string | number): number => {
    const text = String(target).trim().toLowerCase()
    if (text === 'all') return Math.max(1, labels)
    return Number(/^(?:box:)?top-(\d+)$/.exec(text)?.[1] ?? 1)
  }
  const targets = (flags.target ?? ['top-1']).reduce<number>((sum, target) => sum + count(target), 0)
  return targets * (methodNames(flags)?.length ?? 1)
}

/**
 * Whether a picture is drawn: of more maps than can be looked at there is none, where something else was asked for.
 *
 * @throws `bad-option` where the picture, or a report, is wanted all the same
 */
export function pictureWanted(panels: number, { output, json, saveMap, saveMask, report }: Partial<ExplainFlags>): boolean {
  const hint = 'name fewer targets or methods with -t and --method, or take the numbers: --json why.jsonl, --save-map maps.npy'
  if (report !== undefined && panels > mostInReport) {
    throw refuse('bad-option', `a report of ${panels} maps would be read by nobody: ${mostInReport} are the most`, hint)
  }
  if (panels <= mostPanels) return true
  const others = [json, saveMap, saveMask, report].some((other) => other !== undefined)
  if (output === undefined && others) return false
  throw refuse(
    'bad-option',
    `one picture of ${panels} maps would show nothing: ${mostPanels} are the most`,
    others ? `leave --output out, or ${hint}` : hint,
  )
}
