/** @file The report page: what was seen, which maps were made of it and how, as one HTML document that needs nothing else. */
import { base64 } from '../core/base64.ts'
import { oneLine } from '../core/text.ts'
import type { ExplanationData } from '../explain/explanation.ts'
import { methods } from '../method/method.ts'
import { boxOf } from '../image/component.ts'
import type { Legend } from '../figure/legend.ts'
import { scoreText, shortDetails, shortLabel } from '../figure/words.ts'
import { dataUri, type Html, html } from './html.ts'
import { style } from './style.ts'
import { howMade, timings } from './tables.ts'

/** Everything that a page is made of. Figures are data URIs. */
export interface PageContent {
  /** The photo's name, where it has one. */
  name: string | undefined
  explanations: readonly ExplanationData[]
  photo: string | undefined
  /** One for each explanation. */
  maps: readonly string[]
  /** What the colours mean; the bars go from low to high. */
  scales: readonly (Legend & { colours: string })[]
}

/** SHA-256 as a content security policy wants it. */
async function sourceHash(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  return `sha256-${base64(digest)}`
}

/** The document. No scripts, no links to anything outside; the policy forbids both. */
export async function page(content: PageContent): Promise<string> {
  const { name, explanations } = content
  const [first] = explanations as readonly [ExplanationData]
  const title = oneLine(name ?? shortLabel(first.label))
  const policy = `default-src 'none'; img-src data:; style-src '${await sourceHash(style)}'; base-uri 'none'; form-action 'none'`
  const body = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="gradcam ${first.provenance.versions['gradcam']}">
<title>${title}: what ${oneLine(first.provenance.model)} saw</title>
<style>${{ html: style }}</style>
</head>
<body>
<header>
<p class="kicker">Visual explanation</p>
<h1><bdi>${title}</bdi></h1>
${lead(explanations)}
</header>
<main>
${warnings(explanations)}
${seen(content)}
${mapSection(content)}
${howMade(explanations)}
${detailSection(explanations)}
${timings(explanations)}
</main>
${versions(explanations)}
</body>
</html>
`
  return body.html
}

/** Words as a person lists them. */
function listed(words: readonly string[]): Html {
  const shown = words.length > 6 ? [...words.slice(0, 5), `${words.length - 5} more`] : words
  return html`${shown.map((word, i) => html`${i === 0 ? '' : i === shown.length - 1 ? ' and ' : ', '}<bdi>${word}</bdi>`)}`
}

function lead(explanations: readonly ExplanationData[]): Html {
  const [first] = explanations as readonly [ExplanationData]
  const [best] = first.top
  const used = [...new Set(explanations.map(({ method }) => methodTitle(method)))]
  const targets = [...new Set(explanations.map(({ label }) => shortLabel(label)))]
  const answer = best && html`<b><bdi>${oneLine(first.provenance.model)}</bdi></b> sees <b><bdi>${shortLabel(best.label)}</bdi></b> first. `
  return html`<p class="lead">${answer}Where it looked for ${listed(targets)}, by ${listed(used)}.</p>`
}

function warnings(explanations: readonly ExplanationData[]): Html | undefined {
  const all = new Map(explanations.flatMap((why) => why.warnings).map((warning) => [`${warning.message} ${warning.hint}`, warning]))
  if (all.size === 0) return undefined
  return html`<ul class="warnings" aria-label="Warnings">${[...all.values()].map(({ message, hint }) => html`<li><b>${message}</b><span>${hint}</span></li>`)}</ul>`
}

const kinds: Readonly<Record<ExplanationData['scoreKind'], string>> = {
  probability: 'Scores are probabilities that the model computes.',
  'implied-probability': 'Scores are probabilities: the softmax of what the model puts out.',
  logit: 'Scores are what the model puts out, not probabilities.',
  value: 'Scores are values of the network.',
}

function seen({ name, photo, explanations }: PageContent): Html {
  const [first] = explanations as readonly [ExplanationData]
  const size = first.photo && `${first.photo.width} × ${first.photo.height} pixels`
  const figure =
    photo &&
    html`<figure><img src="${dataUri(photo)}" alt="The photo${name === undefined ? '' : ` ${oneLine(name)}`}"><figcaption>${size}</figcaption></figure>`
  const most = Math.max(...first.top.map(({ score }) => score))
  // logits have no common whole: the longest bar is the highest score
  const whole = most > 0 && most <= 1 && first.scoreKind !== 'logit' ? 1 : most
  const explained = new Set(explanations.map(({ index }) => index))
  const rows = first.top.map(({ index, label, score }) => {
    const width = whole > 0 ? Math.max(0, Math.min(100, (score / whole) * 100)) : 0
    const bar = html`<svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true"><rect width="${width.toFixed(2)}" height="1"/></svg>`
    return html`<tr class="${explained.has(index) ? 'explained' : 'other'}"><td><bdi>${oneLine(label)}</bdi></td><td class="bar">${bar}</td><td class="number">${scoreText({ score, scoreKind: first.scoreKind })}</td><td class="number">${index}</td></tr>`
  })
  const table = html`<div><table><caption>The network’s answers</caption><thead><tr><th scope="col">class</th><th scope="col"></th><th scope="col" class="number">score</th><th scope="col" class="number">index</th></tr></thead><tbody>${rows}</tbody></table><p class="note">${kinds[first.scoreKind]}${photo === undefined ? ' The network was given a preprocessed tensor: there is no photo to show.' : ''}</p></div>`
  return html`<section class="seen${figure ? '' : ' bare'}" aria-label="Photo and answers">${figure}${table}</section>`
}

const methodTitle = (name: string): string => methods.find((method) => method.name === name)?.title ?? name

function mapSection({ name, explanations, maps, scales }: PageContent): Html {
  const targets = new Map<string, number[]>()
  for (const [i, { index, label }] of explanations.entries()) {
    const key = JSON.stringify([index, label])
    targets.set(key, [...(targets.get(key) ?? []), i])
  }
  const figure = (i: number): Html => {
    const why = explanations[i] as ExplanationData
    const box = boxOf(why)
    const info = [...shortDetails(why.details), ...(box ? [['box', `${box.width} × ${box.height} at ${box.x}, ${box.y}`] as const] : [])]
    const alt = `Map by ${methodTitle(why.method)} for ${shortLabel(why.label)}${name === undefined ? '' : ` over ${oneLine(name)}`}`
    return html`<figure><img src="${dataUri(maps[i] as string)}" alt="${alt}"><figcaption><b>${methodTitle(why.method)}</b>${info.length > 0 ? html`<dl>${info.map(([what, value]) => html`<dt>${what}</dt><dd>${value}</dd>`)}</dl>` : undefined}</figcaption></figure>`
  }
  const sections = [...targets.values()].map((members) => {
    const why = explanations[members[0] as number] as ExplanationData
    const place = why.index === undefined ? '' : ` · class ${why.index}`
    return html`<section><h3><bdi>${oneLine(why.label)}</bdi><span class="score">${scoreText(why)}${place}</span></h3><div class="maps">${members.map(figure)}</div></section>`
  })
  return html`<section><h2>Maps</h2><div class="scales">${scales.map(scaleBar)}</div>${sections}</section>`
}

function scaleBar({ colours, ticks, caption }: PageContent['scales'][number]): Html {
  const ends = [...ticks].reverse().map(({ text, note }) => html`<span>${[text, note].filter(Boolean).join(' ')}</span>`)
  const note = caption ? html`<p class="note">${caption}</p>` : undefined
  return html`<div class="scale"><img src="${dataUri(colours)}" alt="Colours from low to high"><div>${ends}</div>${note}</div>`
}

function detailSection(explanations: readonly ExplanationData[]): Html | undefined {
  const told = explanations.filter(({ details }) => details !== undefined && Object.keys(details).length > 0)
  if (told.length === 0) return undefined
  const each = told.map(
    (why) =>
      html`<details><summary>${methodTitle(why.method)}, <bdi>${shortLabel(why.label)}</bdi></summary><pre>${JSON.stringify(why.details, undefined, 1)}</pre></details>`,
  )
  return html`<section><h2>Details</h2>${each}</section>`
}

function versions(explanations: readonly ExplanationData[]): Html {
  const [{ provenance }] = explanations as readonly [ExplanationData]
  const devices = [...new Set(explanations.map((each) => each.provenance.device))]
  const list = Object.entries(provenance.versions).map(([name, value]) => `${name} ${value}`)
  return html`<footer>Made with ${list.join(' · ')} · device ${devices.join(', ')} · model <bdi>${oneLine(provenance.model)}</bdi></footer>`
}
