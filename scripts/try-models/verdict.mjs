// What an answer was worth: one of the words of `answers`, with the reason where it is not right.

export const answers = {
  right: 'right',
  unsure: 'right, but unsure',
  refused: 'refused with the way out',
  warned: 'wrong with a warning',
  wrong: 'WRONG WITHOUT A WORD',
  unclear: 'failed unclearly',
  'not asked': 'not asked: the framework did not build or export it',
}

// said of nearly every file, as nothing in it tells how photos are prepared: no doubt about the answer
const usual = new Set(['preprocessing-assumed'])

export function judge(result) {
  if (result.harness) return { answer: 'harness', why: lastLine(result.harness) }
  if (result.not_built) return { answer: 'not asked', why: lastLine(result.not_built) }
  if (result.not_exported) return { answer: 'not asked', why: result.not_exported.slice(0, 120) }
  const wrong = Object.entries(result.checks).filter(([, check]) => !check.ok)
  const refusal = result.refusal
  const doubts = result.said.filter((code) => !usual.has(code))
  const doubt = doubts.length > 0 || result.layer?.certain === false
  if (refusal && result.checks.asks?.ok) return wrong.length === 0 ? { answer: 'right' } : refused(refusal)
  if (refusal) return refused(refusal)
  if (wrong.length === 0) return doubt ? { answer: 'unsure', why: doubts.join(', ') } : { answer: 'right' }
  const why = wrong.map(([name, { got, right }]) => `${name}: ${short(got)}, right ${short(right)}`).join('; ')
  return { answer: doubt ? 'warned' : 'wrong', why: doubt ? `${why} [${doubts.join(', ')}]` : why }
}

function refused({ code, message, hint }) {
  const clear = code !== 'runtime-error' && (hint || /hint:/.test(message))
  return { answer: clear ? 'refused' : 'unclear', why: `${code} ${message}`.trim().slice(0, 160) }
}

const lastLine = (text) => text.trim().split('\n').at(-1).slice(0, 160)
const short = (value) => (typeof value === 'number' ? Number(value.toPrecision(4)) : JSON.stringify(value))?.toString().slice(0, 90)
