/** @file The tables of a report: how its maps were made, and how long it took. */
import { describeSteps, describeWindow } from '../contract/describe.ts'
import { valuesText } from '../contract/values.ts'
import type { ExplanationData } from '../explain/explanation.ts'
import { methods } from '../method/method.ts'
import { shortLabel } from '../figure/words.ts'
import { type Html, html } from './html.ts'

/** Each row once, in the order of their first appearance. */
const distinct = (rows: readonly Html[]): Html[] => [...new Map(rows.map((row) => [row.html, row])).values()]

const layerRow = (role: string, { name, operator, shape, why }: ExplanationData['provenance']['reductionLayer']): Html =>
  html`<tr><td>${role}</td><td><code>${name}</code></td><td>${operator}</td><td>${shape.join(' × ')}</td><td>${why}</td></tr>`

const headed = (titles: readonly Html[]): Html => html`<thead><tr>${titles}</tr></thead>`
const head = (...titles: readonly string[]): Html => headed(titles.map((title) => html`<th scope="col">${title}</th>`))

/** Methods with their settings, and the layers that they worked between. */
export function howMade(explanations: readonly ExplanationData[]): Html {
  const rows = explanations.map(({ provenance: { method, options, settings } }) => {
    const known = methods.find(({ name }) => name === method)
    const own = Object.entries(options).map(([name, value]) => html`<div>${name} = ${String(value)}</div>`)
    const after = `${settings.activation} → ${settings.upsample} → ${settings.normalize}`
    return html`<tr><td>${known?.title ?? method}<div class="note"><code>${method}</code></div></td><td>${own.length > 0 ? own : '–'}</td><td>${after}</td><td>${known?.cost}</td><td>${known?.source}</td></tr>`
  })
  const layers = explanations.flatMap(({ provenance: { featureLayer, reductionLayer } }) => [
    layerRow('feature layer', featureLayer),
    layerRow('reduction layer', reductionLayer),
  ])
  return html`<section><h2>How the maps were made</h2>
<div class="table"><table><caption>Methods</caption>${head('method', 'options', 'activation → upsampling → normalising', 'cost in forward passes', 'source')}<tbody>${distinct(rows)}</tbody></table></div>
${preparation(explanations)}
<h3>Layers</h3><div class="table"><table>${head('role', 'tensor', 'operator', 'shape', 'why')}<tbody>${distinct(layers)}</tbody></table></div></section>`
}

/** How the photo was prepared, and where that is known from. */
function preparation(explanations: readonly ExplanationData[]): Html | undefined {
  const [first] = explanations as readonly [ExplanationData]
  const { preprocessing, knownFrom } = first.provenance
  if (!preprocessing) return undefined
  const { window } = preprocessing
  const values = [
    ...(window ? [['window', 'levels of the file', describeWindow(window)] as const] : []),
    ['steps', 'size', describeSteps(preprocessing.steps)],
    ['values', 'values of pixels', valuesText(preprocessing)],
    ['channelOrder', 'channels', preprocessing.channelOrder],
  ] as const
  const rows = values.map(([name, what, value]) => {
    const { source = 'given', from = '' } = knownFrom[name] ?? {}
    return html`<tr><td>${what}</td><td>${value}</td><td>${source}</td><td>${from}</td></tr>`
  })
  return html`<h3>Photo</h3><div class="table"><table>${head('what', 'value', 'source', 'known from')}<tbody>${rows}</tbody></table></div>`
}

/** Milliseconds by step; maps of one run share its time. */
export function timings(explanations: readonly ExplanationData[]): Html {
  const steps = [...new Set(explanations.flatMap((why) => Object.keys(why.timings)))]
  const times = new Map<string, { first: ExplanationData; labels: string[] }>()
  // by method, whatever the order of the explanations
  const order = [...new Set(explanations.map(({ method }) => method))]
  const sorted = [...explanations].sort((a, b) => order.indexOf(a.method) - order.indexOf(b.method))
  for (const why of sorted) {
    const key = JSON.stringify([why.method, why.timings])
    const found = times.get(key)
    if (found) found.labels.push(shortLabel(why.label))
    else times.set(key, { first: why, labels: [shortLabel(why.label)] })
  }
  const rows = [...times.values()].map(({ first, labels }) => {
    const cells = steps.map((step) => html`<td class="number">${(first.timings[step] ?? 0).toFixed(1)}</td>`)
    const what = labels.length > 3 ? `${labels.length} targets` : labels.join(', ')
    return html`<tr><td>${first.method}</td><td><bdi>${what}</bdi></td>${cells}</tr>`
  })
  const titles = ['method', 'target'].map((title) => html`<th scope="col">${title}</th>`)
  const columns = steps.map((step) => html`<th scope="col" class="number">${step}, ms</th>`)
  return html`<section><h2>Timings</h2><div class="table"><table>${headed([...titles, ...columns])}<tbody>${rows}</tbody></table></div></section>`
}
