/** @file Generates docs/operators.md from what the conformance tests saw and from the rule table: `npm run docs:operators`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { root } from './setup.mjs'

/**
 * @typedef {{ operators: readonly string[], opset: number, outcome: 'passed' | 'refused' | 'not here' | 'failed', reason?: string }} Seen
 * @typedef {{ provider: string, operator: string, when: string, happens: string, instead?: string }} Fault
 * @typedef {object} Source
 * @property {string} version of ONNX Runtime
 * @property {readonly string[]} operators names of the rule table
 * @property {readonly string[]} zero those whose gradient is zero
 * @property {readonly Fault[]} faults
 * @property {Readonly<Record<string, Readonly<Record<string, Seen>>>>} seen by provider and check
 */

const providers = /** @type {const} */ ([
  ['cpu', 'CPU'],
  ['wasm', 'WASM'],
  ['webgpu', 'WebGPU'],
])

/** Operators that are others under a second name. */
const aliases = new Map([
  ['SimplifiedLayerNormalization', 'RMSNormalization'],
  ['com.microsoft:SimplifiedLayerNormalization', 'RMSNormalization'],
  ['com.microsoft:TransposeMatMul', 'com.microsoft:FusedMatMul'],
  ...['Gelu', 'GridSample', 'Trilu', 'LayerNormalization', 'QuantizeLinear', 'DequantizeLinear'].map(
    (name) => /** @type {[string, string]} */ ([`com.microsoft:${name}`, name]),
  ),
])

/**
 * The page. The same source gives the same text.
 *
 * @param {Source} source
 */
export function operatorsPage({ version, operators, zero, faults, seen }) {
  /** @type {string[]} */
  const notes = []
  const note = (/** @type {string} */ text) => {
    if (!notes.includes(text)) notes.push(text)
    return `[^${notes.indexOf(text) + 1}]`
  }
  const checks = (/** @type {string} */ provider) => Object.entries(seen[provider] ?? {})
  const of = (/** @type {string} */ provider, /** @type {string} */ operator) =>
    checks(provider).flatMap(([, check]) => (check.operators.includes(operator) ? [check] : []))
  const kind = (/** @type {string} */ operator) => {
    if (zero.includes(operator)) return 'zero gradient'
    const outcomes = new Set(of('cpu', operator).map(({ outcome }) => outcome))
    if (outcomes.has('refused')) return outcomes.has('passed') ? 'refused unless its condition is known' : 'refused'
    return aliases.has(operator) ? `as ${aliases.get(operator)}` : 'gradient'
  }
  const faultNotes = (/** @type {string} */ provider, /** @type {string} */ operator) =>
    faults.flatMap((fault) =>
      fault.provider === provider && fault.operator === operator
        ? [
            note(
              `The provider's own ${operator} ${fault.happens}${fault.when === 'always' ? '' : `: ${fault.when}`}.${fault.instead ? ` gradcam emits ${fault.instead} instead.` : ''}`,
            ),
          ]
        : [],
    )
  /** How many checks were right, and why the others were not. */
  const cell = (/** @type {readonly Seen[]} */ list, /** @type {readonly string[]} */ marks = []) => {
    const count = (/** @type {readonly Seen['outcome'][]} */ outcomes) => list.filter(({ outcome }) => outcomes.includes(outcome)).length
    const reasons = list.flatMap(({ reason }) =>
      reason === undefined ? [] : [note(`The model itself does not run there, or runs wrong: ${reason}`)],
    )
    const parts = [String(count(['passed', 'refused']))]
    if (count(['not here']) > 0) parts.push(`${count(['not here'])} not here`)
    if (count(['failed']) > 0) parts.push(`**${count(['failed'])} failed**`)
    return parts.join(', ') + [...new Set([...reasons, ...marks])].join('')
  }
  const opsets = (/** @type {readonly Seen[]} */ list) => [...new Set(list.map(({ opset }) => opset))].sort((a, b) => a - b).join(', ')
  const row = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`
  const table = (/** @type {readonly string[]} */ head, /** @type {readonly string[][]} */ rows) =>
    [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')

  const names = [...operators].sort((a, b) => Number(a.includes(':')) - Number(b.includes(':')) || (a < b ? -1 : 1))
  const rows = names.map((operator) => [
    operator,
    kind(operator),
    opsets(of('cpu', operator)),
    String(of('cpu', operator).length),
    ...providers.map(([provider]) => cell(of(provider, operator), faultNotes(provider, operator))),
  ])
  const nets = [...new Set(checks('cpu').flatMap(([title]) => /^network (.*), target/.exec(title)?.[1] ?? []))].sort()
  const netRows = nets.map((net) => {
    const list = (/** @type {string} */ provider) =>
      checks(provider).flatMap(([title, check]) => (title.startsWith(`network ${net},`) ? [check] : []))
    return [net, opsets(list('cpu')), String(list('cpu').length), ...providers.map(([provider]) => cell(list(provider)))]
  })
  const real = names.filter((operator) => kind(operator) === 'gradient')
  const microsoft = real.filter((operator) => operator.includes(':')).length
  const total = (/** @type {string} */ provider) =>
    `${checks(provider).filter(([, { outcome }]) => outcome === 'passed' || outcome === 'refused').length} of ${checks(provider).length}`

  return `<!-- Generated by \`npm run docs:operators\` from docs/data and the rule table; do not edit. -->

# Operators

**${real.length} operators with gradients**: ${real.length - microsoft} of ONNX and ${microsoft} of ONNX Runtime (\`com.microsoft\`). Not counted are ${aliases.size} names
that stand for one of them, ${zero.length} operators whose gradient is zero, and ${operators.length - real.length - aliases.size - zero.length} that are refused. ONNX Runtime's own training gradient builder knows
57, losses, communication and Python aside (\`gradient_builder_registry.cc\`).

What the conformance tests saw on ONNX Runtime ${version}: ${providers.map(([provider, title]) => `${title} ${total(provider)}`).join('; ')}
checks right. Each check compares gradients with PyTorch's in float64 (\`shared/golden\`), with finite differences, or
with the plain operators that an operator stands for. CPU and WASM are held to the same tolerance; WebGPU, run on a
software adapter, to a relative 10⁻³ and ten times the absolute one. \`npm test\` runs all checks on CPU and WASM and one
per operator on WebGPU; \`npm run test:conformance\` runs all everywhere and writes \`docs/data\` and this page.

${table(['operator', 'kind', 'opsets tested', 'checks', ...providers.map(([, title]) => title)], rows)}

## Networks

Gradients to the feature maps, and for the first target to the inputs, too.

${table(['network', 'opset', 'targets', ...providers.map(([, title]) => title)], netRows)}

${notes.map((text, i) => `[^${i + 1}]: ${text}`).join('\n')}
`
}

/** What lies on the disk: the built library and docs/data. */
async function source() {
  const built = (/** @type {string} */ file) => import(pathToFileURL(`${root}packages/gradcam/dist/${file}.js`).href)
  const json = (/** @type {string} */ file) => JSON.parse(readFileSync(`${root}${file}`, 'utf8'))
  const [{ plain }, { zeroGradient }, { faults }] = await Promise.all(
    ['gradient/tables', 'gradient/rules/zero', 'runtime/capabilities'].map(built),
  )
  return {
    version: json('packages/gradcam/package.json').devDependencies['onnxruntime-node'],
    operators: Object.keys(plain),
    zero: zeroGradient,
    faults: Object.values(faults),
    seen: Object.fromEntries(providers.map(([provider]) => [provider, json(`docs/data/conformance-${provider}.json`)])),
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(`${root}docs/operators.md`, operatorsPage(await source()))
  console.log('docs/operators.md')
}
