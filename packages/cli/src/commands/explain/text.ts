/** @file What `gradcam explain` says on a terminal. */
import type { Explanation } from 'gradcam/node'
import { colors } from '../../terminal.ts'
import type { Explained } from './write.ts'

const scored = ({ label, score, scoreKind }: Explanation): string =>
  `${label} ${scoreKind === 'value' ? score.toPrecision(4) : score.toFixed(3)}`

const several = (explanations: readonly Explanation[]): boolean => explanations.some(({ method }) => method !== explanations[0]?.method)

export function oneLine(photo: string, { explanations, files }: Explained): string {
  const named = several(explanations)
  const list = explanations.map((each) => scored(each) + (named ? ` ${each.method}` : ''))
  const shown = list.length > 10 ? [...list.slice(0, 10), `${list.length - 10} more`] : list
  const place = files.picture ?? files.report ?? files.map
  return `${photo}: ${shown.join(', ')}${place === undefined ? '' : ` → ${place}`}\n`
}

export function details(photo: string, { explanations, said, files }: Explained): string {
  const { bold, dim } = colors(process.stdout)
  const named = several(explanations)
  const heads = explanations.map((each, i) => {
    const told = (said[i] ?? []).map(([name, value]) => `${name} ${value}`).join(', ')
    const rest = [named ? each.method : '', told].filter(Boolean).join(': ')
    return `${bold(scored(each))}${rest === '' ? '' : `  ${rest}`}\n`
  })
  const [first] = files.masks
  const last = files.masks.at(-1)
  const rows: [string, string | undefined][] = [
    ['photo', photo],
    ['feature layer', explanations[0]?.featureLayer],
    ['reduction layer', explanations[0]?.reductionLayer],
    ['picture', files.picture],
    ['map', files.map],
    ['mask', first === last ? first : `${first} … ${last}`],
    ['report', files.report],
  ]
  const lines = rows.flatMap(([name, value]) => (value === undefined ? [] : [`  ${dim(name.padEnd(15))}  ${value}\n`]))
  return heads.join('') + lines.join('')
}
