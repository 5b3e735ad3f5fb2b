/** @file One photo explained: its figure, map, masks, report and JSON written. */
import { basename, extname } from 'node:path'
import type { Explanation, Network } from 'gradcam/node'
import type { PhotoJob } from '../../batch.ts'
import { numbered, refuseOverwriting, stdout } from '../../destinations.ts'
import { refuse } from '../../errors.ts'
import type { ExplainFlags } from '../../flags/table.ts'
import { interruption } from '../../interruption.ts'
import type { JsonOutput } from '../../json.ts'
import { messageText } from '../../messages.ts'
import { writeWhole } from '../../output.ts'
import { present } from '../../present.ts'
import { printable } from '../../printable.ts'
import type { Wanted } from '../../targets.ts'
import { print, tell } from '../../terminal.ts'
import { figureDrawn } from './maps.ts'
import { explainOptions, overlayOptions, paintOptions } from './options.ts'

/** What to explain of one photo, and where the results go. */
export interface Outputs {
  figure: string | undefined
  map: string | undefined
  mask: string | undefined
  report: string | undefined
  json: JsonOutput | undefined
  target: Wanted | undefined
  /** All photos of the command: none is ever replaced. */
  photos: readonly string[]
}

/** What has been explained and written. */
export interface Explained {
  explanations: readonly Explanation[]
  /** Of each explanation. */
  scores: readonly string[]
  /** Those details of each that are a word: names and values. */
  facts: readonly (readonly (readonly [string, string])[])[]
  files: { figure: string | undefined; map: string | undefined; masks: readonly string[]; report: string | undefined }
}

export async function explainPhoto(
  network: Network,
  flags: ExplainFlags,
  { photo, progress }: PhotoJob,
  { figure, map, mask, report, json, photos, target }: Outputs,
): Promise<Explained> {
  const explanations = await network.explainAll(photo, { ...explainOptions(flags), ...present({ target }), signal: interruption, progress })
  figureDrawn(explanations.length, flags)
  const masks = mask === undefined ? [] : masksOf(mask, explanations.length, photos)
  const stacked = map === undefined ? undefined : await mapBytes(explanations)
  if (figure !== undefined) await put(figure, await figureBytes(explanations, figure, flags))
  if (map !== undefined && stacked) await put(map, stacked)
  for (const [i, path] of masks.entries()) await put(path, await maskBytes(explanations[i] as Explanation, flags))
  if (report !== undefined) await put(report, await reportText(explanations, photo, flags))
  for (const [i, explanation] of explanations.entries()) {
    await json?.write({ files: { photo, model: flags.model, figure, map, mask: masks[i], report }, ...explanation.toJSON() })
  }
  if (!flags.quiet) for (const text of warningsOf(explanations)) tell(text)
  const { scoreText, shortDetails } = await import('gradcam')
  return {
    explanations,
    scores: explanations.map(scoreText),
    facts: explanations.map((each) => shortDetails(each.details)),
    files: { figure, map, masks, report },
  }
}

async function put(path: string, data: Uint8Array | string): Promise<void> {
  if (path === stdout) await print(data)
  else writeWhole(path, data)
}

/** A place for each map's mask. */
function masksOf(mask: string, maps: number, photos: readonly string[]): string[] {
  if (maps === 1) return [mask]
  if (mask === stdout) throw refuse('bad-option', `--save-mask - is one file, but there are ${maps} maps`, 'name a file: they get numbers')
  const masks = Array.from({ length: maps }, (_, i) => numbered(mask, i + 1))
  refuseOverwriting(photos, masks)
  return masks
}

async function figureBytes(explanations: readonly Explanation[], path: string, flags: ExplainFlags): Promise<Uint8Array> {
  const { figureOf } = await import('gradcam/node')
  const formats: Record<string, 'jpeg' | 'webp'> = { '.jpg': 'jpeg', '.jpeg': 'jpeg', '.webp': 'webp' }
  return figureOf(explanations, overlayOptions(flags)).toBuffer(formats[extname(path).toLowerCase()] ?? 'png')
}

async function maskBytes(explanation: Explanation, { maskThreshold }: ExplainFlags): Promise<Uint8Array> {
  const { maskFigure } = await import('gradcam/node')
  return maskFigure(explanation, maskThreshold).toBuffer('png')
}

async function reportText(explanations: readonly Explanation[], photo: string, flags: ExplainFlags): Promise<string> {
  const { reportOf } = await import('gradcam/node')
  return reportOf(explanations, { ...paintOptions(flags), name: basename(photo) }).toHtml()
}

/** float32 [h, w], or [maps, h, w] where there are several: target by target, each by all methods. */
async function mapBytes(explanations: readonly Explanation[]): Promise<Uint8Array> {
  const { writeNpy } = await import('gradcam')
  const maps = explanations.map(({ map }) => map)
  const { height = 0, width = 0 } = maps[0] ?? {}
  const other = maps.find((map) => map.height !== height || map.width !== width)
  if (other) {
    const sizes = `${height}×${width} and ${other.height}×${other.width}`
    throw refuse(
      'bad-option',
      `--save-map: maps of ${sizes} do not fit into one array`,
      'upsample them, or save the map of one method at a time',
    )
  }
  const data = new Float32Array(maps.length * height * width)
  for (const [i, map] of maps.entries()) data.set(map.data, i * height * width)
  return writeNpy({ type: 'float32', dims: maps.length === 1 ? [height, width] : [maps.length, height, width], data })
}

/** Each warning once, with the maps that it is about where it is not about all of them. */
export function warningsOf(explanations: readonly Pick<Explanation, 'label' | 'method' | 'warnings'>[]): string[] {
  const found = new Map<string, { hint: string; message: string; maps: Set<number> }>()
  for (const [i, { warnings }] of explanations.entries()) {
    for (const { message, hint } of warnings) {
      const known = found.get(message) ?? { message, hint, maps: new Set() }
      found.set(message, known)
      known.maps.add(i)
    }
  }
  const methods = new Set(explanations.map(({ method }) => method)).size
  const named = (maps: ReadonlySet<number>): string => {
    if (maps.size === explanations.length) return ''
    if (maps.size > 3) return `${maps.size} of ${explanations.length} maps: `
    const names = [...maps].map(
      (i) => `${printable(explanations[i]?.label ?? '', 80)}${methods > 1 ? ` by ${explanations[i]?.method}` : ''}`,
    )
    return `${[...new Set(names)].join(', ')}: `
  }
  return [...found.values()].map(({ message, hint, maps }) => messageText({ message: `warning: ${named(maps)}${message}`, hint }))
}
