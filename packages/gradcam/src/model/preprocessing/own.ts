/** @file A preprocessing in its own form, as JSON has it: checked field by field. */
import type { Size } from '../../core/pixels.ts'
import type { CropStep, Fill, PadStep, Preprocessing, ResizeStep, ResizeTo, Rounding, Step } from '../preprocessing.ts'
import { deviations, filterNamed, finite, flag, invalid, isFields, numbers, objectOf, rectangle, share, side } from './fields.ts'

const roundings: readonly Rounding[] = ['down', 'nearest', 'half-up', 'up']

/** A field whose value is one of these words. */
function word<T extends string>(value: unknown, words: readonly T[], field: string, file: string): T {
  const found = words.find((each) => each === value)
  if (found !== undefined) return found
  throw invalid(file, field, value, words.join(', '))
}

/** Refuses fields that mean nothing here. */
function only(value: Readonly<Record<string, unknown>>, known: readonly string[], field: string, file: string): void {
  const strange = Object.keys(value).find((name) => !known.includes(name))
  if (strange !== undefined) throw invalid(file, `${field}.${strange}`, value[strange], `left out: ${field} has ${known.join(', ')}`)
}

function box(value: unknown, field: string, file: string): Size {
  if (!isFields(value)) throw invalid(file, field, value, 'an object with height and width')
  only(value, ['height', 'width'], field, file)
  return rectangle(value, field, file)
}

function resizeTo(value: unknown, field: string, file: string): ResizeTo {
  if (value === 'input' || value === 'photo') return value
  if (!isFields(value)) throw invalid(file, field, value, '"input", "photo" or an object')
  const length = (name: string): number => side(value[name], `${field}.${name}`, file)
  const has = (name: string): boolean => value[name] !== undefined
  const rounding = has('rounding') ? { rounding: word(value['rounding'], roundings, `${field}.rounding`, file) } : {}
  const never = (name: 'grow' | 'shrink'): boolean => has(name) && !flag({ file, fields: value }, name, true)
  if (has('shortest')) {
    only(value, ['shortest', 'longest', 'rounding', 'shrink'], field, file)
    const bound = has('longest') ? { longest: length('longest') } : {}
    return { shortest: length('shortest'), ...bound, ...rounding, ...(never('shrink') && { shrink: false }) }
  }
  if (has('longest')) {
    only(value, ['longest', 'atLeast', 'rounding', 'grow'], field, file)
    const least = has('atLeast') ? { atLeast: length('atLeast') } : {}
    return { longest: length('longest'), ...least, ...rounding, ...(never('grow') && { grow: false }) }
  }
  if (has('inside')) {
    only(value, ['inside', 'rounding', 'grow'], field, file)
    return { inside: box(value['inside'], `${field}.inside`, file), ...rounding, ...(never('grow') && { grow: false }) }
  }
  for (const name of ['cover', 'nearest'] as const) {
    if (!has(name)) continue
    only(value, [name], field, file)
    const size = box(value[name], `${field}.${name}`, file)
    return name === 'cover' ? { cover: size } : { nearest: size }
  }
  if (!has('line')) return box(value, field, file)
  const { fields } = objectOf(value['line'], file)
  const at = (name: string): number => side(fields[name], `${field}.line.${name}`, file)
  return { line: { height: at('height'), width: at('width'), longest: at('longest') } }
}

function resizeStep(fields: Readonly<Record<string, unknown>>, field: string, file: string): ResizeStep {
  only(fields, ['kind', 'to', 'multiple', 'filter', 'fractional', 'torchvision', 'reducingGap'], field, file)
  const { multiple } = fields
  const step: ResizeStep = {
    kind: 'resize',
    to: resizeTo(fields['to'], `${field}.to`, file),
    filter: filterNamed(fields['filter'], `${field}.filter`, file),
  }
  if (multiple !== undefined) {
    if (!isFields(multiple)) throw invalid(file, `${field}.multiple`, multiple, 'an object with of and rounding')
    const of = finite(multiple['of'], `${field}.multiple.of`, file)
    if (of <= 0 || of > 16384) throw invalid(file, `${field}.multiple.of`, of, 'above 0 and at most 16384')
    step.multiple = { of, rounding: word(multiple['rounding'], roundings, `${field}.multiple.rounding`, file) }
  }
  if (flag({ file, fields }, 'fractional', false)) step.fractional = true
  if (flag({ file, fields }, 'torchvision', false)) step.torchvision = true
  if (fields['reducingGap'] !== undefined) {
    const gap = finite(fields['reducingGap'], `${field}.reducingGap`, file)
    if (gap < 1) throw invalid(file, `${field}.reducingGap`, gap, 'at least 1')
    step.reducingGap = gap
  }
  return step
}

function cropStep(fields: Readonly<Record<string, unknown>>, field: string, file: string): CropStep {
  only(fields, ['kind', 'to', 'odd'], field, file)
  const { to, odd } = fields
  const rest: Pick<CropStep, 'odd'> = odd === undefined ? {} : { odd: word(odd, ['floor', 'truncate', 'even'], `${field}.odd`, file) }
  if (!isFields(to)) throw invalid(file, `${field}.to`, to, 'an object')
  const shares = (name: string): Size => {
    const value = to[name]
    if (!isFields(value)) throw invalid(file, `${field}.to.${name}`, value, 'an object with height and width')
    const at = (side: string): number => share(value[side], `${field}.to.${name}.${side}`, file)
    return { height: at('height'), width: at('width') }
  }
  if (to['ofShorter'] !== undefined) return { kind: 'crop', to: { ofShorter: shares('ofShorter') }, ...rest }
  if (to['share'] !== undefined) return { kind: 'crop', to: { share: shares('share') }, ...rest }
  if (to['darkerThan'] !== undefined)
    return { kind: 'crop', to: { darkerThan: finite(to['darkerThan'], `${field}.to.darkerThan`, file) }, ...rest }
  return { kind: 'crop', to: box(to, `${field}.to`, file), ...rest }
}

function fillOf(value: unknown, field: string, file: string): Fill {
  if (value === 'reflect' || value === 'symmetric') return value
  if (isFields(value)) {
    only(value, ['value'], field, file)
    return { value: finite(value['value'], `${field}.value`, file) }
  }
  const levels = numbers(value, field, file)
  if ((levels.length === 1 || levels.length === 3) && levels.every((level) => level >= 0 && level <= 255)) return levels
  throw invalid(file, field, value, 'one or three levels 0 … 255, an object with value, "reflect" or "symmetric"')
}

function padStep(fields: Readonly<Record<string, unknown>>, field: string, file: string): PadStep {
  only(fields, ['kind', 'to', 'place', 'fill'], field, file)
  const place = word(fields['place'], ['start', 'middle'], `${field}.place`, file)
  return { kind: 'pad', to: padTo(fields['to'], `${field}.to`, file), place, fill: fillOf(fields['fill'], `${field}.fill`, file) }
}

function padTo(to: unknown, field: string, file: string): PadStep['to'] {
  if (to === 'square') return to
  if (!isFields(to)) throw invalid(file, field, to, '"square" or an object')
  if (to['multiple'] !== undefined) {
    only(to, ['multiple', 'more'], field, file)
    return { multiple: side(to['multiple'], `${field}.multiple`, file), ...(flag({ file, fields: to }, 'more', false) && { more: true }) }
  }
  if (to['rootMargin'] === undefined) return box(to, field, file)
  const rootMargin = finite(to['rootMargin'], `${field}.rootMargin`, file)
  if (rootMargin > 0 && rootMargin <= 100) return { rootMargin }
  throw invalid(file, `${field}.rootMargin`, rootMargin, 'above 0 and at most 100')
}

function stepOf(value: unknown, field: string, file: string): Step {
  if (!isFields(value)) throw invalid(file, field, value, 'an object')
  const kind = word(value['kind'], ['resize', 'crop', 'pad'], `${field}.kind`, file)
  if (kind === 'resize') return resizeStep(value, field, file)
  return kind === 'crop' ? cropStep(value, field, file) : padStep(value, field, file)
}

const largestCount = 16

function windowField(value: unknown, file: string): NonNullable<Preprocessing['window']> {
  if (value === 'auto') return value
  const [low = 0, high = 0, ...more] = Array.isArray(value) && value.length === 2 ? numbers(value, 'window', file) : []
  if (low < high && more.length === 0) return [low, high]
  throw invalid(file, 'window', value, '"auto", or the levels that become black and white, the lower first')
}

/**
 * Reads a preprocessing in its own form. Whatever is left out changes nothing: no steps take the input's size, `scale` is 1.
 *
 * @throws {GradcamError} `model-invalid` naming the field that makes no sense, or that there is none of
 * @example ownPreprocessing({ steps: [{ kind: 'resize', to: { shortest: 256 }, filter: 'bilinear' }], scale: 1 / 255 })
 */
export function ownPreprocessing(json: unknown, file = 'preprocessing'): Preprocessing {
  const { fields } = objectOf(json, file)
  only(fields, ['window', 'steps', 'scale', 'mean', 'std', 'channelOrder', 'layout'], 'preprocessing', file)
  const steps = fields['steps'] ?? [{ kind: 'resize', to: 'input', filter: 'bilinear' }]
  if (!Array.isArray(steps) || steps.length > largestCount) throw invalid(file, 'steps', steps, `a list of at most ${largestCount} steps`)
  const list = (name: string, read: typeof numbers): readonly number[] => {
    const value = fields[name]
    return value === undefined || (Array.isArray(value) && value.length === 0) ? [] : read(value, name, file)
  }
  const window = fields['window']
  return {
    ...(window === undefined ? {} : { window: windowField(window, file) }),
    steps: steps.map((step, i) => stepOf(step, `steps[${i}]`, file)),
    scale: finite(fields['scale'] ?? 1, 'scale', file),
    mean: list('mean', numbers),
    std: list('std', deviations),
    channelOrder: word(fields['channelOrder'] ?? 'rgb', ['rgb', 'bgr', 'grey'], 'channelOrder', file),
    layout: word(fields['layout'] ?? 'nchw', ['nchw', 'nhwc'], 'layout', file),
  }
}
