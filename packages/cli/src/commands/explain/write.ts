/** @file One photo explained: its picture, map, masks, report and lines of JSON written. */
import { basename, extname } from 'node:path'
import type { Explanation, Network } from 'gradcam/node'
import type { Turn } from '../../batch.ts'
import { numbered, refuseOverwriting } from '../../destinations.ts'
import { messageText, refuse } from '../../exit.ts'
import { interruption } from '../../interruption.ts'
import type { JsonLines } from '../../json.ts'
import { writeWhole } from '../../output.ts'
import { present } from '../../options.ts'
import type { Wanted } from '../../targets.ts'
import { tell } from '../../terminal.ts'
import { type ExplainFlags, explainOptions, overlayOptions, paintOptions } from './flags.ts'
import { pictureWanted } from './panels.ts'

/** Where the results of one photo go. */
export interface Place {
  picture: string | undefined
  map: string | undefined
  mask: string | undefined
  report: string | undefined
  json: JsonLines | undefined
  target: Wanted | undefined
  /** All photos of the command: none is ever replaced. */
  photos: readonly string[]
}

/** What has been written. */
export interface Explained {
  explanations: readonly Explanation[]
  /** What the method tells of each in a word: names and values. */
  said: readonly (readonly (readonly [string, string])[])[]
  files: { picture: string | undefined; map: string | undefined; masks: readonly string[]; report: string | undefined }
}

export async function explainPhoto(
  network: Network,
  flags: ExplainFlags,
  { photo, clear, progress }: Turn,
  { picture, map, mask, report, json, photos, target }: Place,
): Promise<Explained> {
  const explanations = await network.explainAll(photo, { ...explainOptions(flags), ...present({ target }), signal: interruption, progress })
  const drawn = pictureWanted(explanations.length, flags) ? picture : undefined
  const masks = mask === undefined ? [] : explanations.map((_, i) => (explanations.length === 1 ? mask : numbered(mask, i + 1)))
  await refuseOverwriting(photos, masks)
  const stacked = map === undefined ? undefined : await mapBytes(explanations)
  if (drawn !== undefined) await writeWhole(drawn, await pictureBytes(explanations, drawn, flags))
  if (map !== undefined && stacked) await writeWhole(map, stacked)
  for (const [i, path] of masks.entries()) await writeWhole(path, await maskBytes(explanations[i] as Explanation, flags))
  if (report !== undefined) await writeWhole(report, await reportText(explanations, photo, flags))
  for (const [i, explanation] of explanations.entries()) {
    await json?.write({ files: { photo, picture: drawn, map, mask: masks[i], report }, ...explanation.toJSON() })
  }
  clear()
  if (!flags.quiet) for (const text of warningsOf(explanations)) tell(text)
  const { shortDetails } = await import('gradcam')
  return { explanations, said: explanations.map((each) => shortDetails(each.details)), files: { picture: drawn, map, masks, report } }
}

async function pictureBytes(explanations: readonly Explanation[], path: string, flags: ExplainFlags): Promise<Uint8Array> {
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
  const found = new Map<string, { hint: string; message: string; about: Set<number> }>()
  for (const [i, { warnings }] of explanations.entries()) {
    for (const { message, hint } of warnings) {
      const known = found.get(message) ?? { message, hint, about: new Set() }
      found.set(message, known)
      known.about.add(i)
    }
  }
  const methods = new Set(explanations.map(({ method }) => method)).size
  const named = (about: ReadonlySet<number>): string => {
    if (about.size === explanations.length) return ''
    if (about.size > 3) return `${about.size} of ${explanations.length} maps: `
    const names = [...about].map((i) => `${explanations[i]?.label}${methods > 1 ? ` by ${explanations[i]?.method}` : ''}`)
    return `${[...new Set(names)].join(', ')}: `
  }
  return [...found.values()].map(({ message, hint, about }) => messageText({ message: `warning: ${named(about)}${message}`, hint }))
}
