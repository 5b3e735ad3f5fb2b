/** @file Labels: finding the class that a person means. */
import { GradcamError } from '../core/errors.ts'
import { nearestNames } from '../core/text.ts'

/**
 * A class as a person names it: a label, an index, `top-K` for the network's K best answers, or `all`. Digits are an index; `label:7` is the
 * class whose label is 7.
 */
export type Label = string | number

/** A class in the words of the command line: digits are an index, all else is a label. */
export const classOf = (text: string): Label => (/^\s*\d+\s*$/.test(text) ? Number(text) : text.trim())

/**
 * Classes between bars. A label that holds bars itself stays one.
 *
 * @throws GradcamError `ambiguous-label` where its parts are labels, too
 */
export function classesOf(text: string, labels: readonly string[] = []): Label[] {
  const barred = labels.filter((label) => label.includes('|')).map((label) => [label, simplified(label)] as const)
  const parts = text.split('|')
  const found: Label[] = []
  for (let at = 0; at < parts.length; ) {
    let end = barred.length === 0 ? at + 1 : parts.length
    const between = (): string => parts.slice(at, end).join('|')
    while (end > at + 1 && !barred.some(([, whole]) => whole === simplified(between()))) end--
    if (end > at + 1) refuseTwice(between(), parts.slice(at, end), labels)
    found.push(classOf(between()))
    at = end
  }
  return found
}

/** A label with bars whose parts are labels as well: both may be meant. */
function refuseTwice(whole: string, parts: readonly string[], labels: readonly string[]): void {
  const known = new Set(labels.flatMap((label) => [label, ...label.split(',')]).map(simplified))
  if (!parts.every((part) => known.has(simplified(part)))) return
  const each = parts.map((part) => JSON.stringify(part.trim())).join(' and ')
  throw new GradcamError('ambiguous-label', `${JSON.stringify(whole)} fits twice: it is a label, and so are ${each}`, {
    hint: 'give indices, or a description: {"kind": "classes", "classes": ["one label", "another"]}',
    suggestions: [whole, ...parts],
  })
}

/** A class, the K best, or all. */
type Resolved = { kind: 'class'; index: number } | { kind: 'top'; count: number } | { kind: 'all' }

/** As labels are compared. */
export const simplified = (text: string): string => text.normalize('NFKC').toLowerCase().trim()

/**
 * Finds the classes that are meant.
 *
 * - a number, or text of digits alone: that class, counted from 0
 * - `top-1`, `top-3`: the network's best answers
 * - `all`: every class, unless a label is called that
 * - `label:7`: the class with just this label, be it digits, or the name of another target
 * - text: the label or one of its comma-separated names, upper or lower case; else the only label that contains it
 *
 * @throws GradcamError `bad-index`, `unknown-label`, `ambiguous-label`
 *
 * @example
 * resolveLabel('golden retriever', ['tench, Tinca tinca', 'golden retriever'], 2) // { kind: 'class', index: 1 }
 */
export function resolveLabel(target: Label, labels: readonly string[], classes: number): Resolved {
  const top = topCount(target)
  if (top !== undefined) {
    if (top >= 1 && top <= classes) return { kind: 'top', count: top }
    throw outOfRange(`top-${top}`, classes, `use top-1 to top-${classes}`)
  }
  const text = String(target).trim()
  if (typeof target === 'number' || /^-?\d+(\.\d+)?$/.test(text)) {
    const index = Number(text)
    if (Number.isInteger(index) && index >= 0 && index < classes) return { kind: 'class', index }
    const named = labels.some((label) => simplified(label) === text) ? `; label:${text} is the class with that label` : ''
    throw outOfRange(`class ${index}`, classes, (classes === 1 ? 'the only class is 0' : `use a class from 0 to ${classes - 1}`) + named)
  }
  const exact = /^label:\s*(.+)$/is.exec(text)?.[1]
  if (exact !== undefined && !labels.some((label) => simplified(label) === simplified(text)))
    return { kind: 'class', index: findLabel(exact, labels, 'whole') }
  if (/^all$/i.test(text) && !labels.some((label) => label.split(',').some((name) => simplified(name) === 'all'))) return { kind: 'all' }
  return { kind: 'class', index: findLabel(text, labels) }
}

/** K where the text is `top-K`. */
export function topCount(target: Label): number | undefined {
  const top = /^top-(\d+)$/i.exec(String(target).trim())
  return top ? Number(top[1]) : undefined
}

const outOfRange = (what: string, classes: number, hint: string): GradcamError =>
  new GradcamError('bad-index', `${what} is out of range: the model has ${classes} classes`, { hint })

// so few can be read at a glance
const fewLabels = 12

function findLabel(text: string, labels: readonly string[], how: 'whole' | 'any' = 'any'): number {
  if (labels.length === 0)
    throw new GradcamError(
      'unknown-label',
      `the label ${JSON.stringify(text)} cannot be looked up: the model comes without labels that fit its outputs`,
      {
        hint: 'give the index of the class, or `labels`; or put config.json or labels.txt beside the model',
      },
    )
  const wanted = simplified(text)
  const names = labels.map((label) => [label, ...label.split(',')].map(simplified))
  // the whole label, then one of its names, then a part of it: the first stage that finds anything decides
  const stages: ((names: readonly string[]) => boolean)[] = [
    ([whole]) => whole === wanted,
    (each) => each.includes(wanted),
    ([whole]) => wanted !== '' && whole?.includes(wanted) === true,
  ]
  for (const fits of how === 'whole' ? stages.slice(0, 2) : stages) {
    const hits = names.flatMap((each, i) => (fits(each) ? [i] : []))
    if (hits.length === 1) return hits[0] as number
    if (hits.length > 1) throw ambiguous(text, hits, labels)
  }
  const suggestions = nearestNames(text, labels)
  throw new GradcamError('unknown-label', `unknown label: ${text}`, {
    hint:
      suggestions.length > 0
        ? `did you mean ${suggestions.map((label) => JSON.stringify(label)).join(', ')}?`
        : labels.length <= fewLabels
          ? `the labels are ${labels.join(', ')}`
          : 'give one of the labels of the model, or an index',
    suggestions,
  })
}

function ambiguous(text: string, hits: readonly number[], labels: readonly string[]): GradcamError {
  const listed = hits.slice(0, 6).map((i) => `${i} ${JSON.stringify(labels[i])}`)
  const more = hits.length > listed.length ? ` and ${hits.length - listed.length} more` : ''
  return new GradcamError('ambiguous-label', `${JSON.stringify(text)} fits ${hits.length} labels: ${listed.join(', ')}${more}`, {
    hint: 'give the whole label, or the index in front of it',
    suggestions: hits.map((i) => labels[i] as string),
  })
}
