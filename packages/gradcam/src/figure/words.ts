/** @file What is written about an explanation wherever it is shown: label, score, and what a method tells in a few words. */
import type { ExplanationData } from '../explain/explanation.ts'

export { shortLabel } from '../core/text.ts'

/**
 * A score as it is written in figures, reports and on a terminal: a probability with two decimals, or three near 0 and 1,
 * anything else with three digits.
 *
 * @example scoreText({ score: 0.0001, scoreKind: 'probability' }) // '< 0.001'
 */
export function scoreText({ score, scoreKind }: Pick<ExplanationData, 'score' | 'scoreKind'>): string {
  if (scoreKind === 'logit' || scoreKind === 'value') return score.toPrecision(3)
  if (score > 0 && score < 0.0005) return '< 0.001'
  return score.toFixed(score >= 0.995 || score < 0.01 ? 3 : 2)
}

const longestText = 40

/** A number as it is read: four digits. */
const numberText = (value: number): string =>
  Number.isInteger(value) && Math.abs(value) < 1e9
    ? String(value)
    : Math.abs(value) >= 1e5 || Math.abs(value) < 1e-4
      ? value.toExponential(2)
      : String(Number(value.toPrecision(4)))

/** `rSquared` → `R²`, `noiseLevel` → `noise level`. */
function nameText(name: string): string {
  if (/^(r2|r_?squared|r²)$/i.test(name)) return 'R²'
  return name
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .toLowerCase()
}

/**
 * Those details of a method that are said in a word: numbers, short texts, yes and no. Lists and tables are left to the JSON form.
 *
 * @returns names and values, as a person reads them
 * @example shortDetails({ rSquared: 0.87123, weights: [1, 2] }) // [['R²', '0.8712']]
 */
export function shortDetails(details: ExplanationData['details']): (readonly [name: string, value: string])[] {
  return Object.entries(details ?? {}).flatMap(([name, value]) => {
    if (typeof value === 'number') return [[nameText(name), numberText(value)] as const]
    if (typeof value === 'boolean') return [[nameText(name), value ? 'yes' : 'no'] as const]
    if (typeof value === 'string' && value.length <= longestText) return [[nameText(name), value] as const]
    return []
  })
}
