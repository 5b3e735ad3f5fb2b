/** @file What `gradcam explain` says on a terminal. */
import type { Explanation } from 'gradcam/node'
import { printable } from '../../printable.ts'
import { colors } from '../../terminal.ts'
import type { Explained } from './write.ts'

const longestLabel = 80

const several = (explanations: readonly Explanation[]): boolean => explanations.some(({ method }) => method !== explanations[0]?.method)

const headOf = ({ label }: Explanation, score: string | undefined): string => `${printable(label, longestLabel)} ${score}`

/** Targets may lie at layers of their own. */
const distinct = (names: readonly string[]): string => [...new Set(names)].map((name) => printable(name)).join(', ')

const place = (path: string): string => printable(path, 4000)

export function oneLine(photo: string, { explanations, scores, files }: Explained): string {
  const named = several(explanations)
  const list = explanations.map((each, i) => headOf(each, scores[i]) + (named ? ` ${each.method}` : ''))
  const shown = list.length > 10 ? [...list.slice(0, 10), `${list.length - 10} more`] : list
  const to = files.figure ?? files.report ?? files.map
  return `${place(photo)}: ${shown.join(', ')}${to === undefined ? '' : ` → ${place(to)}`}\n`
}

// more maps than can be drawn are more than can be read
const maxHeads = 24
const fewHeads = 10

/** Which explanations are listed, in their order: all, or of very many those with the best scores. */
function listedOnes(explanations: readonly Explanation[]): number[] {
  const all = Array.from(explanations.keys())
  if (all.length <= maxHeads) return all
  const score = (i: number): number => explanations[i]?.score ?? 0
  return all.sort((a, b) => score(b) - score(a) || a - b).slice(0, fewHeads)
}

export function details(photo: string, { explanations, scores, facts, files }: Explained): string {
  const { bold, dim } = colors(process.stdout)
  const named = several(explanations)
  const shown = listedOnes(explanations)
  const heads = shown.map((i) => {
    const each = explanations[i] as Explanation
    const list = (facts[i] ?? []).map(([name, value]) => printable(`${name} ${value}`)).join(', ')
    const rest = [named ? each.method : '', list].filter(Boolean).join(': ')
    return `${bold(headOf(each, scores[i]))}${rest === '' ? '' : `  ${rest}`}\n`
  })
  const [first] = files.masks
  const last = files.masks.at(-1)
  const rows: [string, string | undefined][] = [
    ['photo', place(photo)],
    ['feature layer', distinct(explanations.map(({ featureLayer }) => featureLayer))],
    ['reduction layer', distinct(explanations.map(({ reductionLayer }) => reductionLayer))],
    ['figure', files.figure && place(files.figure)],
    ['map', files.map && place(files.map)],
    ['mask', first && last && (first === last ? place(first) : `${place(first)} … ${place(last)}`)],
    ['report', files.report && place(files.report)],
  ]
  const left = explanations.length - shown.length
  const more = left > 0 ? `  ${dim(`and ${left} more of lower score`)}\n` : ''
  const lines = rows.flatMap(([name, value]) => (value === undefined ? [] : [`  ${dim(name.padEnd(15))}  ${value}\n`]))
  return heads.join('') + more + lines.join('')
}
