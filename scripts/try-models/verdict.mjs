/** @file What an answer was worth: one of the words of `answers`, with the reason where it is not right. */

/**
 * @typedef {{ ok: boolean, got?: unknown, right?: unknown }} Check
 *
 * @typedef {object} Result what one file of a network gave
 * @property {string} name framework/network
 * @property {string} exporter
 * @property {object & { exporters?: unknown }} [entry] of networks/, as it was tried
 * @property {string} [stamp] of the command and the scripts that asked it
 * @property {string} [task]
 * @property {string} [harness] the scripts themselves failed
 * @property {string} [not_built]
 * @property {string} [not_exported]
 * @property {Readonly<Record<string, Check>>} [checks]
 * @property {readonly string[]} [said] codes of warnings
 * @property {{ code: string, message: string, hint?: string }} [refusal]
 * @property {{ certain?: boolean, operator?: string, map?: readonly number[] }} [layer]
 * @property {string} [no_truth] why the framework gave no gradient
 * @property {{ found?: boolean, error?: number | null }} [cam]
 * @property {{ error?: number | null }} [saliency]
 * @property {number} [box_error]
 * @property {{ run?: number, memory?: number, plain?: { milliseconds?: number, memory?: number } }} [cost]
 *
 * @typedef {{ answer: keyof typeof answers, why?: string }} Verdict
 */

export const answers = {
  right: 'right',
  unsure: 'right, but unsure',
  refused: 'refused with the way out',
  photo: 'right but for how photos are prepared, which nothing states: said, with the options',
  warned: 'wrong with a warning',
  wrong: 'WRONG WITHOUT A WORD',
  unchecked: 'map or box not checked',
  unclear: 'failed unclearly',
  'not asked': 'not asked: the framework did not build or export it',
  harness: 'not asked: the scripts failed or ran out of time',
}

// said of nearly every file, as nothing in it tells how photos are prepared: no doubt about anything but the numbers of a photo
const assumed = 'preprocessing-assumed'
// what a map shows: the same as the framework's, where both were compared
const ofMap = new Set(['map-negative', 'map-zero'])
const ofPhoto = new Set(['predict', 'class', 'score', 'box'])

/**
 * What must have been compared before an answer counts as right; saliency where float32 allows it: of some networks two roundings of one
 * framework differ too much.
 *
 * @type {Record<string, readonly string[]>}
 */
const needed = {
  classification: ['class', 'score', 'map', 'places'],
  'multi-label': ['class', 'score', 'map', 'places'],
  segmentation: ['class', 'map', 'places'],
  detection: ['box', 'map', 'places'],
}

// places of a small map that answer alike to all of the picture fit two orders alike
const alike = 0.02

/** Whether the patch test tells the order from no other, but prefers none by much. @param {Check | undefined} places */
function tied(places) {
  const [own = Number.NaN, other = Number.NaN] = [places?.right, places?.got].map((text) => Number(String(text).split(' ').at(-1)))
  return places?.ok === false && own > 0 && Math.abs(other - own) < alike
}

/** @param {Result} result @returns {Verdict} */
export function judge(result) {
  if (result.harness) return { answer: 'harness', why: lastLine(result.harness) }
  if (result.not_built) return { answer: 'not asked', why: lastLine(result.not_built) }
  if (result.not_exported) return { answer: 'not asked', why: result.not_exported.slice(0, 120) }
  const { checks = {}, refusal } = result
  const wrong = Object.entries(checks).filter(([name, { ok }]) => !ok && !(name === 'places' && tied(checks.places)))
  if (refusal && !(checks.asks?.ok && wrong.length === 0)) return refused(refusal)
  const said = result.said ?? []
  const doubts = said.filter((code) => code !== assumed && !(checks.map?.ok && ofMap.has(code)))
  if (result.layer?.certain === false) doubts.push('unsure layer')
  if (tied(checks.places)) doubts.push(`places fit ${String(checks.places?.got)} as well`)
  if (wrong.length > 0) {
    const why = wrong.map(([name, { got, right }]) => `${name}: ${short(got)}, right ${short(right)}`).join('; ')
    if (said.includes(assumed) && wrong.every(([name]) => ofPhoto.has(name))) return { answer: 'photo', why }
    return doubts.length > 0 ? { answer: 'warned', why: `${why} [${doubts.join(', ')}]` } : { answer: 'wrong', why }
  }
  const missing = (needed[result.task ?? ''] ?? ['asks']).filter((name) => !(name in checks))
  if (missing.length > 0) return { answer: 'unchecked', why: `${missing.join(', ')}${result.no_truth ? `: ${result.no_truth}` : ''}` }
  // where nothing is explained, no doubt about a map weighs
  return refusal || doubts.length === 0 ? { answer: 'right' } : { answer: 'unsure', why: doubts.join(', ') }
}

/** @param {{ code: string, message: string, hint?: string }} refusal @returns {Verdict} */
function refused({ code, message, hint }) {
  const clear = code !== 'runtime-error' && (hint || /hint:/.test(message))
  return { answer: clear ? 'refused' : 'unclear', why: `${code} ${message}`.trim().slice(0, 160) }
}

/** @param {string} text */
const lastLine = (text) => (text.trim().split('\n').at(-1) ?? '').slice(0, 160)

/** @param {unknown} value */
const short = (value) => (typeof value === 'number' ? Number(value.toPrecision(4)) : JSON.stringify(value))?.toString().slice(0, 90)
