/** @file Lines over logarithmic axes, one small panel beside the other, as SVG. */

/** @typedef {import('./growth.mjs').Panel} Panel */

const [width, height, columns] = [300, 240, 3]
const frame = { left: 64, right: 14, top: 52, bottom: 40 }
const colours = ['#6e7781', '#0969da', '#bc4c00']
const escaped = (/** @type {string} */ text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
const near = (/** @type {number} */ value) => Number(value.toFixed(1))

/** A place on a logarithmic axis. @param {readonly number[]} values @param {number} from @param {number} to */
function axis(values, from, to) {
  const [low, high] = [Math.log(Math.min(...values)), Math.log(Math.max(...values))]
  return (/** @type {number} */ value) =>
    near(low === high ? (from + to) / 2 : from + ((Math.log(value) - low) / (high - low)) * (to - from))
}

/** 1, 2, 5, 10, 20 … around the values; 1, 10, 100 where these are many. @param {readonly number[]} values */
export function ticksFor(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const steps = high / low > 100 ? [1] : high / low > 20 ? [1, 3] : [1, 2, 5]
  const all = Array.from({ length: 14 }, (_, i) => steps.map((step) => Number(`${step}e${i - 4}`))).flat()
  return all.slice(
    all.findLastIndex((tick) => tick <= low),
    all.findIndex((tick) => tick >= high) + 1,
  )
}

/** @param {string} text @param {number} x @param {number} y @param {string} [more] */
const label = (text, x, y, more = '') => `<text x="${near(x)}" y="${near(y)}"${more}>${escaped(text)}</text>`

/** @param {Panel} panel */
function panelOf({ title, about, lines }) {
  const places = [...new Set(lines.flatMap(({ points }) => points.map(([at]) => at)))]
  const ticks = ticksFor(lines.flatMap(({ points }) => points.map(([, ms]) => ms)))
  const x = axis(places, frame.left, width - frame.right)
  const y = axis(ticks, height - frame.bottom, frame.top)
  const below = height - frame.bottom
  return [
    label(title, frame.left, 20, ' font-weight="600"'),
    ...ticks.flatMap((tick) => [
      `<path d="M${frame.left} ${y(tick)}H${width - frame.right}" stroke="#d0d7de"/>`,
      label(`${tick} ms`, frame.left - 6, y(tick) + 4, ' text-anchor="end"'),
    ]),
    ...places.map((at) => label(String(at), x(at), below + 16, ' text-anchor="middle"')),
    label(about, (frame.left + width - frame.right) / 2, below + 32, ' text-anchor="middle"'),
    ...lines.flatMap(({ name, points }, i) => {
      const colour = colours[i] ?? 'black'
      const key = frame.left + lines.slice(0, i).reduce((sum, before) => sum + 24 + 7 * before.name.length, 0)
      return [
        `<path d="M${points.map(([at, ms]) => `${x(at)} ${y(ms)}`).join('L')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
        ...points.map(([at, ms]) => `<circle cx="${x(at)}" cy="${y(ms)}" r="2.5" fill="${colour}"/>`),
        `<path d="M${key} 36h10" stroke="${colour}" stroke-width="2"/>`,
        label(name, key + 14, 40),
      ]
    }),
  ].join('\n')
}

/** @param {readonly Panel[]} panels @returns {string} */
export function plot(panels) {
  const size = { width: columns * width, height: Math.ceil(panels.length / columns) * height }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" font-family="sans-serif" font-size="11" fill="#1f2328">`,
    '<rect width="100%" height="100%" fill="white"/>',
    ...panels.map(
      (panel, i) => `<g transform="translate(${(i % columns) * width} ${Math.floor(i / columns) * height})">\n${panelOf(panel)}\n</g>`,
    ),
    '</svg>',
    '',
  ].join('\n')
}
