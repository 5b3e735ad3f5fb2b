/** @file How many maps are asked for, and whether they can be one figure. */
import { refuse } from '../../errors.ts'
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

/**
 * Whether a figure is drawn: by default where nothing else is asked for.
 *
 * @param labels as many as classes; 0 where that is not known
 * @throws `bad-option` for a figure or report of more maps than can be looked at
 */
export function figureDrawn(maps: number, { output, json, saveMap, saveMask, report }: Partial<ExplainFlags>, labels = 0): boolean {
  const hint = 'name fewer targets or methods with -t and --method, or take the numbers: --json why.jsonl, --save-map maps.npy'
  const others = [json, saveMap, saveMask, report].some((other) => other !== undefined)
  const most = labels > 0 && labels < maps ? ` (the model has ${labels} classes)` : ''
  const drawn = output !== undefined || !others
  if (report !== undefined && maps > maxInReport) {
    throw refuse('bad-option', `nobody would read a report of ${maps} maps: at most ${maxInReport}${most}`, hint)
  }
  if (drawn && maps > maxInFigure) {
    const way = others ? `leave --output out, or ${hint}` : hint
    throw refuse('bad-option', `one figure of ${maps} maps would show nothing: at most ${maxInFigure}${most}`, way)
  }
  return drawn
}
