/** @file How many maps are asked for, and whether they can be one figure. */
import { badOption } from '../../errors.ts'
import type { ExplainFlags } from '../../flags/table.ts'
import { methodNames } from './options.ts'

/** As many as the library draws. */
const maxInFigure = 24
const maxInReport = 100

/** The least number of maps that the flags can come to, known before anything has run. */
export function minMaps(flags: Pick<ExplainFlags, 'target' | 'method'>, labels: number): number {
  const count = (target: string | number): number => {
    const text = String(target).trim().toLowerCase()
    if (text === 'all') return Math.max(1, labels)
    return Number(/^(?:box:)?top-(\d+)$/.exec(text)?.[1] ?? 1)
  }
  const targets = (flags.target ?? ['top-1']).reduce<number>((sum, target) => sum + count(target), 0)
  return targets * (methodNames(flags)?.length ?? 1)
}

const othersWanted = (flags: Partial<ExplainFlags>): boolean =>
  [flags.json, flags.saveMap, flags.saveMask, flags.report].some((other) => other !== undefined)

/** Whether a figure is drawn: by default where nothing else is asked for. */
export const figureWanted = (flags: Partial<ExplainFlags>): boolean => flags.output !== undefined || !othersWanted(flags)

/**
 * Refuses a figure or a report of more maps than can be looked at.
 *
 * @param labels as many as classes; 0 where that is not known
 * @throws `bad-option`
 */
export function checkMapCount(maps: number, flags: Partial<ExplainFlags>, labels = 0): void {
  const hint = 'name fewer targets or methods with -t and --method, or take the numbers: --json why.jsonl, --save-map maps.npy'
  const most = labels > 0 && labels < maps ? ` (the model has ${labels} classes)` : ''
  if (flags.report !== undefined && maps > maxInReport)
    throw badOption(`nobody would read a report of ${maps} maps: at most ${maxInReport}${most}`, hint)
  if (!figureWanted(flags) || maps <= maxInFigure) return
  const way = othersWanted(flags) ? `leave --output out, or ${hint}` : hint
  throw badOption(`one figure of ${maps} maps would show nothing: at most ${maxInFigure}${most}`, way)
}
