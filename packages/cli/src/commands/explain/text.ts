/** @file What `gradcam explain` says on a terminal. */
import type { Explanation } from 'gradcam/node'
import { colors } from '../../terminal.ts'
import type { Explained } from './write.ts'

const scored = ({ label, score, scoreKind }: Explanation): string =>
  `${label} ${scoreKind === 'value' ? score.toPrecision(4) : score.toFixed(3)}`

const several = (explanations: readonly Explanation[]): boolean => explanations.some(({ method }) => method !== explanations[0]?.method)

/** Targets may lie at layers of their own. */
const distinct = (names: readonly string[]): string => [...new Set(names)].join(', ')

export function oneLine(photo: string, { explanations, files }: Explained): string {
  const named = several(explanations)
  const list = explanations.map((each) => scored(each) + (named ? ` ${each.method}` : ''))
  const shown = list.length > 10 ? [...list.slice(0, 10), `${list.length - 10} more`] : list
  const place = files.picture ?? files.report ?? files.map
  return `${photo}: ${shown.join(', ')}${place === undefined ? '' : ` → ${place}`}\n`
}

// more maps than can be drawn are more than can be read
const mostHeads = 24
const fewHeads = 10

/** Which explanations are told of, in their order: all, or of very many those with the best scores. */
function mostTelling(explanations: readonly Explanation[]): number[] {
  const all = Array.from(explanations.keys())
  if (all.length <= mostHeads) return all
  const score = (i: number): number => explanations[i]?.score ?? 0
  return all.sort((a, b) => score(b) - score(a) || a - b).slice(0, fewHeads)
}

export function details(photo: string, { explanations, said, files }: Explained): string {
  const { bold, dim } = colors(process.stdout)
  const named = several(explanations)
  const shown = mostTelling(explanations)
  const heads = shown.map((i) => {
    const each = explanations[i] as Explanation
    const told = (said[i] ?? []).map(([name, value]) => `${name} ${value}`).join(', ')
    const rest = [named ? each.method : '', told].filter(Boolean).join(': ')
    return `${bold(scored(each))}${rest === '' ? '' : `  ${rest}`}\n`
  })
  const [first] = files.masks
  const last = files.masks.at(-1)
  const rows: [string, string | undefined][] = [
    ['photo', photo],
    ['feature layer', distinct(explanations.map(({ featureLayer }) => featureLayer))],
    ['reduction layer', distinct(explanations.map(({ reductionLayer }) => reductionLayer))],
    ['picture', files.picture],
    ['map', files.map],
    ['mask', first === last ? first : `${first} … ${last}`],
    ['report', files.report],
  ]
  const untold = explanations.length - shown.length
  const more = untold > 0 ? `  ${dim(`and ${untold} more of lower score`)}\n` : ''
  const lines = rows.flatMap(([name, value]) => (value === undefined ? [] : [`  ${dim(name.padEnd(15))}  ${value}\n`]))
  return heads.join('') + more + lines.join('')
}
