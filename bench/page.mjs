/** @file docs/performance.md, and the README's headline, of one run of `npm run bench -- --peers`. */
import { plainName as plain } from './sides/beside.mjs'
import { tableNames } from './sides/networks.mjs'
import { tasks } from './sides/tasks.mjs'

/**
 * @typedef {import('./sides/beside.mjs').Row} Row
 * @typedef {import('./places.mjs').Figure} Figure
 * @typedef {object} Results
 * @property {string} date
 * @property {{ cpu: string, cores: number, memory: number, system: string, load: number }} machine
 * @property {Record<string, string>} versions
 * @property {Row[]} rows
 * @property {Figure[]} figures
 * @property {import('./growth.mjs').Panel[]} growth
 */

/** Maps that differ by more are not the same answer; rectifiers open and close by rounding alone. */
const same = 0.02

/** Beside the plain runtime what we cost, beside others how much longer they take. @param {Row} row */
const ratioOf = ({ side, ours, other }) => (side === plain ? ours / other : other / ours)

/** @param {Row} row @returns {number | undefined} */
export function boundOf({ row, network, side }) {
  const task = tasks.find(
    ({ title, runs, peers }) => title === row && (side === plain ? runs > 0 : peers.some((peer) => peer.side === side)),
  )
  const bounds = side === plain ? task?.bounds : task?.peers.find((peer) => peer.side === side)?.bounds
  return bounds?.[tableNames.indexOf(network)]
}

/** @param {number} value @param {number | undefined} bound @param {boolean} less */
const short = (value, bound, less) => bound !== undefined && (less ? value > bound : value < bound)

/** @param {Row | undefined} row */
function cell(row) {
  if (!row) return '–'
  const [ratio, bound, less] = [ratioOf(row), boundOf(row), row.side === plain]
  const wanted = bound === undefined ? '' : ` (${less ? '≤' : '≥'} ${bound})`
  return `${short(ratio, bound, less) ? `**${ratio.toFixed(2)}**` : ratio.toFixed(2)}${wanted}`
}

/** @param {readonly Row[]} rows @param {(row: Row | undefined) => string} write */
function table(rows, write) {
  const names = tableNames.filter((name) => rows.some(({ network }) => network === name))
  const kinds = [
    ...new Map(rows.map(({ row, side }) => [`${row}: ${side === plain ? `ours ÷ ${side}` : `${side} ÷ ours`}`, { row, side }])),
  ]
  return [
    `| | ${names.join(' | ')} |`,
    `|---|${names.map(() => '---|').join('')}`,
    ...kinds.map(([title, kind]) => {
      const found = names.map((name) => rows.find(({ row, side, network }) => row === kind.row && side === kind.side && network === name))
      return `| ${title} | ${found.map(write).join(' | ')} |`
    }),
  ]
}

const ms = (/** @type {number} */ value) => (value < 100 ? value.toFixed(1) : value.toFixed(0))

/** Both times, ours first. @param {Row | undefined} row */
function times(row) {
  if (!row) return '–'
  const { batch, layout, sideBySide } = /** @type {{ batch?: number, layout?: string, sideBySide?: boolean }} */ (row.options ?? {})
  const how = [batch === undefined ? '' : `batch ${batch}`, sideBySide ? 'a thread' : '', layout === 'channels_last' ? 'channels last' : '']
  const said = row.row === 'Grad-CAM' ? '' : how.filter(Boolean).join(', ')
  return `${ms(row.ours)}, ${ms(row.other)}${said === '' ? '' : ` (${said})`}`
}

/** @param {Figure} figure */
function figureLine({ name, value, unit, bound, better, detail }) {
  const text = `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ${unit}`
  const wanted = bound === undefined ? '' : ` (${better === 'less' ? '≤' : '≥'} ${bound})`
  return `| ${name} | ${short(value, bound, better === 'less') ? `**${text}**` : text}${wanted} | ${detail} |`
}

/** What is not the same, or slower than a library. @param {readonly Row[]} rows */
function doubts(rows) {
  const slower = rows.filter((row) => row.side !== plain && ratioOf(row) < 1)
  const others = rows.filter(({ apart }) => typeof apart === 'number' && !(apart <= same))
  const lines = [
    ...slower.map((row) => `- ${row.network}, ${row.row}: slower than ${row.side}, which takes ${ratioOf(row).toFixed(2)} of our time.`),
    ...others.map(
      ({ network, row, side, apart }) => `- ${network}, ${row}: the map is not that of ${side}, ${apart?.toExponential(0)} apart.`,
    ),
  ]
  return lines.length === 0 ? ['None of these is slower than a library, and none has another answer.'] : lines
}

/** @param {Results} results @returns {string} the page */
export function pageOf({ date, machine, versions, rows, figures, growth }) {
  return [
    '# Performance',
    '',
    'Written by `npm run bench -- --peers` from one run; `bench/results` has its figures. The same random weights and the same',
    'prepared tensor of 224×224 everywhere; every side in a process of its own, asked in turn; medians. **Bold** is short of',
    'what is in brackets.',
    '',
    `${date}: ${machine.cpu}, ${machine.cores} cores, ${machine.memory} GB, ${machine.system}, load ${machine.load} before the run;`,
    `${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}.`,
    '',
    '## Beside the plain runtime and other libraries',
    '',
    ...table(rows, cell),
    '',
    'ONNX Runtime is one run on all threads for Grad-CAM; for methods of many runs it is as many images as these show, by the',
    'fastest of four ways: one session with all threads or a session of one thread for each core, one or eight images a run.',
    'Captum has the fastest of its batches (1, 4, 8, 32; of occlusion 1 and 8). *PyTorch at its best* is no method, only its 32',
    'gradients to the image: weights frozen, the fastest of `channels_last` with batches of 8 or 1 and of the default layout',
    'with 8. Libraries have their own calls and defaults otherwise, and PyTorch all threads.',
    '',
    ...doubts(rows),
    '',
    `Maps are compared with those of the library, finished as it does: at most ${same} apart, root mean square, as a part of their`,
    'size. SmoothGrad draws other noise in each library.',
    '',
    'Milliseconds, ours first:',
    '',
    ...table(rows, times),
    ...(figures.length > 0 ? ['', '## Starts, photos, a server', '', '| | | |', '|---|---|---|', ...figures.map(figureLine)] : []),
    ...(growth.length > 0
      ? [
          '',
          '## What the cost grows with',
          '',
          'The embedded network. Both axes are logarithmic.',
          '',
          '![Milliseconds by picture size, batch, channels, classes and threads](images/growth.svg)',
        ]
      : []),
    '',
  ].join('\n')
}

/** The README's line on speed. @param {Results} results */
export function headlineOf({ rows }) {
  const between = (/** @type {(row: Row) => boolean} */ of, digits = 1) => {
    const ratios = rows.filter(of).map(ratioOf)
    const [low, high] = [Math.min(...ratios), Math.max(...ratios)].map((ratio) => ratio.toFixed(digits))
    return low === high ? low : `${low}–${high}`
  }
  const cam = between(({ row, side }) => row === 'Grad-CAM' && side === plain, 2)
  const library = between(({ row, side }) => row === 'Grad-CAM' && side === 'pytorch-grad-cam')
  const many = between(({ row, side }) => row.startsWith('integrated') && side === 'Captum')
  return [
    `- **Grad-CAM costs hardly more than the network alone**: ${cam} of a plain run. pytorch-grad-cam takes ${library} times as`,
    `  long as gradcam, Captum for integrated gradients ${many} times ([performance](docs/performance.md)).`,
  ].join('\n')
}
