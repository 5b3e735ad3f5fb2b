/** @file What `gradcam explain` says on a terminal. */
import { scoreText, shortDetails } from 'gradcam'
import type { Explanation } from 'gradcam/node'
import { messageText } from '../../messages.ts'
import { printable } from '../../printable.ts'
import { colors } from '../../terminal.ts'
import type { Explained } from './write.ts'

const longestLabel = 80

const severalMethods = (explanations: readonly Pick<Explanation, 'method'>[]): boolean =>
  explanations.some(({ method }) => method !== explanations[0]?.method)

const headOf = (explanation: Explanation): string => `${printable(explanation.label, longestLabel)} ${scoreText(explanation)}`

/** Targets may lie at layers of their own. */
const distinct = (names: readonly string[]): string => [...new Set(names)].map((name) => printable(name)).join(', ')

/** Where the network ran, if not on the CPU alone. */
function deviceOf(explanations: readonly Explanation[]): string | undefined {
  const devices = new Set(explanations.map(({ provenance }) => provenance.device))
  return devices.size === 1 && devices.has('cpu') ? undefined : [...devices].join(', ')
}

const place = (path: string): string => printable(path, 4000)

export function oneLine(photo: string, { explanations, places: { figure, report, map } }: Explained): string {
  const named = severalMethods(explanations)
  const list = explanations.map((each) => headOf(each) + (named ? ` ${each.method}` : ''))
  const shown = list.length > 10 ? [...list.slice(0, 10), `${list.length - 10} more`] : list
  const to = figure ?? report ?? map
  const device = deviceOf(explanations)
  return `${place(photo)}: ${shown.join(', ')}${device === undefined ? '' : ` on ${device}`}${to === undefined ? '' : ` → ${place(to)}`}\n`
}

// more maps than can be drawn are more than can be read
const maxHeads = 24
const fewHeads = 10

/** The explanations that are listed: all, or of very many those with the best scores. */
const listed = (explanations: readonly Explanation[]): readonly Explanation[] =>
  explanations.length <= maxHeads ? explanations : explanations.toSorted((a, b) => b.score - a.score).slice(0, fewHeads)

export function details(photo: string, { explanations, places: { figure, map, report }, masks }: Explained): string {
  const { bold, dim } = colors(process.stdout)
  const named = severalMethods(explanations)
  const shown = listed(explanations)
  const heads = shown.map((each) => {
    const facts = shortDetails(each.details).map(([name, value]) => printable(`${name} ${value}`))
    const rest = [named ? each.method : '', facts.join(', ')].filter(Boolean).join(': ')
    return `${bold(headOf(each))}${rest === '' ? '' : `  ${rest}`}\n`
  })
  const ends = [...new Set([masks[0], masks.at(-1)])].filter((mask) => mask !== undefined)
  const rows: [string, string | undefined][] = [
    ['photo', place(photo)],
    ['feature layer', distinct(explanations.map(({ featureLayer }) => featureLayer))],
    ['reduction layer', distinct(explanations.map(({ reductionLayer }) => reductionLayer))],
    ['device', deviceOf(explanations)],
    ['figure', figure && place(figure)],
    ['map', map && place(map)],
    ['mask', ends.map(place).join(' … ') || undefined],
    ['report', report && place(report)],
  ]
  const left = explanations.length - shown.length
  const more = left > 0 ? `  ${dim(`and ${left} more of lower score`)}\n` : ''
  const lines = rows.flatMap(([name, value]) => (value === undefined ? [] : [`  ${dim(name.padEnd(15))}  ${value}\n`]))
  return heads.join('') + more + lines.join('')
}

/** Each warning once, but those that were said before, with the maps that it is about where it is not about all of them. */
export function warningsOf({ explanations, warnings }: Pick<Explained, 'explanations' | 'warnings'>, said: ReadonlySet<string>): string[] {
  const found = new Map<string, { hint: string; maps: Set<Explanation> }>()
  for (const explanation of explanations) {
    for (const { message, hint } of explanation.warnings) {
      if (said.has(message)) continue
      const known = found.get(message) ?? { hint, maps: new Set() }
      found.set(message, known)
      known.maps.add(explanation)
    }
  }
  const named = severalMethods(explanations)
  const about = (maps: ReadonlySet<Explanation>): string => {
    if (maps.size === explanations.length) return ''
    if (maps.size > 3) return `${maps.size} of ${explanations.length} maps: `
    const names = [...maps].map(({ label, method }) => printable(label, longestLabel) + (named ? ` by ${method}` : ''))
    return `${[...new Set(names)].join(', ')}: `
  }
  const ofFigure = warnings.map(({ message, hint }) => messageText({ message: `warning: ${message}`, hint }))
  return [
    ...[...found].map(([message, { hint, maps }]) => messageText({ message: `warning: ${about(maps)}${message}`, hint })),
    ...ofFigure,
  ]
}
