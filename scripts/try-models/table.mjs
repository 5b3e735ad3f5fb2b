/** @file docs/models-tried.md, of the results of the command as it is built. */
import { answers, judge } from './verdict.mjs'

/**
 * @typedef {import('./verdict.mjs').Result} Result
 * @typedef {{ framework: string, name: string, answer: keyof typeof answers, line: string }} Row
 */

/** @param {number | string | null | undefined} value a word for what is no number */
const power = (value) => (typeof value !== 'number' ? (value ?? '') : value === 0 ? '0' : value.toExponential(0))

/** @param {number | undefined} a @param {number | undefined} b */
const ratio = (a, b) => (a && b ? (a / b).toFixed(1) : '')

/** @param {string} text */
const plainText = (text) =>
  text
    .replaceAll(/\/(?:[\w.-]+\/)+/g, '…/')
    .replaceAll('|', '\\|')
    .replaceAll('](', '] (')
    .replaceAll(/\s+/g, ' ')
    .replaceAll('`', "'")
    .slice(0, 200)

/** @param {Result} result @returns {Row} */
function row(result) {
  const { name, exporter, layer, cam, saliency, box_error, cost, checks } = result
  const { answer, why } = judge(result)
  const places = checks?.places
  const cells = [
    name.split('/').slice(1).join('/'),
    exporter,
    answers[answer],
    layer ? `${layer.operator ?? ''} ${layer.map ? layer.map.join('×') : ''}`.trim() : '',
    places ? (places.ok ? 'yes' : answer === 'unsure' ? 'tie' : 'no') : '',
    power(cam?.error),
    power(saliency?.error),
    power(box_error),
    ratio(cost?.run, cost?.plain?.milliseconds),
    ratio(cost?.memory, cost?.plain?.memory),
    answer === 'right' || !why ? '' : plainText(why),
  ]
  return { framework: name.split('/')[0] ?? '', name, answer, line: `| ${cells.join(' | ')} |` }
}

const head = `| network | exporter | answer | layer | places | map | saliency | box | time | memory | why |
|---|---|---|---|---|---|---|---|---|---|---|`

/** @param {readonly Row[]} rows @param {readonly string[]} frameworks */
function counts(rows, frameworks) {
  const count = (/** @type {string} */ answer, /** @type {string} */ framework = '') =>
    rows.filter((one) => one.answer === answer && (framework === '' || one.framework === framework)).length
  return Object.entries(answers).map(
    ([key, words]) => `| ${words} | ${count(key)} | ${frameworks.map((name) => count(key, name)).join(' | ')} |`,
  )
}

/** @param {readonly Result[]} results @returns {string} the page */
export function tableOf(results) {
  const rows = results.map(row).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  const frameworks = [...new Set(rows.map(({ framework }) => framework))]
  return [
    '# Models that were tried',
    '',
    'Written by `npm run try-models`: networks of other frameworks with random weights, as their exporters write them, models',
    'that lie in wheels, and what the command answers about one photo where nothing else is said.',
    '',
    `${new Set(rows.map(({ name }) => name)).size} networks, ${rows.length} files:`,
    '',
    `| answer | all | ${frameworks.join(' | ')} |`,
    `|---|---|${frameworks.map(() => '---|').join('')}`,
    ...counts(rows, frameworks),
    '',
    'An answer is right where task, labels, class, score, box and both maps are those of the framework, and the places of the',
    'feature layer are places of the photo. Networks without classes are right where the command asks for a target.',
    '*Map* and *saliency* are the largest difference from the gradient of the framework, as a part of its maximum; *box* is in',
    'pixels of the photo. *Places* says whether the layer passes the [patch test](../scripts/patch-test.mjs). *Time* is an',
    'explanation beside one run of ONNX Runtime alone, *memory* the peak of the command beside a process that does only that.',
    'Saliency is compared where the framework, with other roundings, differs from itself by less than a tenth of its maximum.',
    'A map is not checked where the framework gives no gradient, or holds no tensor of these values; networks of Paddle and',
    'those in wheels are read from their files by onnx2torch for that, once its answers are those of ONNX Runtime.',
    ...frameworks.flatMap((name) => ['', `## ${name}`, '', head, ...rows.filter((one) => one.framework === name).map(({ line }) => line)]),
    '',
  ].join('\n')
}
