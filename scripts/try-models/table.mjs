// docs/models-tried.md, of all results that are there.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { answers, judge } from './verdict.mjs'

const power = (value) => (value === undefined || value === null ? '' : value === 0 ? '0' : value.toExponential(0))
const ratio = (a, b) => (a && b ? (a / b).toFixed(1) : '')
const plainText = (text) => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').replaceAll('`', "'")

function row({ name, exporter, layer, cam, saliency, box_error, cost, patch, ...rest }) {
  const { answer, why } = judge({ name, exporter, layer, cam, saliency, ...rest })
  const where = layer ? `${layer.operator ?? ''} ${layer.map ? layer.map.join('×') : ''}`.trim() : ''
  const cells = [
    name.split('/').slice(1).join('/'),
    exporter,
    answers[answer] ?? answer,
    where,
    patch === undefined ? '' : patch ? 'yes' : 'no',
    power(cam?.error),
    power(saliency?.error),
    power(box_error),
    ratio(cost?.run, cost?.plain?.milliseconds),
    ratio(cost?.memory, cost?.plain?.memory),
    answer === 'right' || !why ? '' : plainText(why),
  ]
  return { answer, line: `| ${cells.join(' | ')} |` }
}

const head = `| network | exporter | answer | layer | patch | map | saliency | box | time | memory | why |
|---|---|---|---|---|---|---|---|---|---|---|`

export async function writeTable(results, page) {
  const files = (await readdir(results)).filter((name) => name.endsWith('.json')).sort()
  const all = await Promise.all(files.map(async (name) => JSON.parse(await readFile(join(results, name), 'utf8'))))
  const rows = all.map((result) => ({ framework: result.name.split('/')[0], name: result.name, ...row(result) }))
  const frameworks = [...new Set(rows.map(({ framework }) => framework))]
  const count = (answer, of = rows) => of.filter((one) => one.answer === answer).length
  const summary = Object.entries(answers).map(([key, words]) => {
    const cells = frameworks.map((name) =>
      count(
        key,
        rows.filter(({ framework }) => framework === name),
      ),
    )
    return `| ${words} | ${count(key)} | ${cells.join(' | ')} |`
  })
  const text = [
    '# Models that were tried',
    '',
    'Written by `npm run try-models`: networks of other frameworks with random weights, exported by every exporter that they',
    'have, and what the command answers about one photo where nothing else is said.',
    '',
    `${new Set(rows.map(({ name }) => name)).size} networks, ${rows.length} files:`,
    '',
    `| answer | all | ${frameworks.join(' | ')} |`,
    `|---|---|${frameworks.map(() => '---|').join('')}`,
    ...summary,
    '',
    'An answer is right where task, labels, class, score, box and both maps are those of the framework. *map* and *saliency*',
    "are the largest difference from the framework's own gradient, as a part of its maximum; *box* is in pixels of the photo.",
    "*time* is an explanation beside one run of ONNX Runtime alone, *memory* the command's peak beside a process that does",
    'nothing but that. *patch* says whether the places of the map answer to the places of the photo.',
    ...frameworks.flatMap((name) => ['', `## ${name}`, '', head, ...rows.filter((one) => one.framework === name).map(({ line }) => line)]),
    '',
  ]
  await writeFile(page, text.join('\n'))
}
