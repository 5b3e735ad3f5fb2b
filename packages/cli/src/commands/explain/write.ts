/** @file One photo explained: its figure, map, masks, report and JSON written. */
import { basename, extname } from 'node:path'
import { type Warning, writeNpy } from 'gradcam'
import { type Explanation, figureOf, maskFigure, type Network, reportOf } from 'gradcam/node'
import type { PhotoJob } from '../../batch.ts'
import { numbered, refuseOverwriting, stdout } from '../../destinations.ts'
import { badOption } from '../../errors.ts'
import type { ExplainFlags } from '../../flags/table.ts'
import type { JsonOutput } from '../../json.ts'
import { writeWhole } from '../../output.ts'
import { furtherInputs } from '../../further.ts'
import { present } from '../../present.ts'
import { photoSource, stdin } from '../../stdin.ts'
import type { Wanted } from '../../targets.ts'
import { print } from '../../terminal.ts'
import { checkMapCount } from './maps.ts'
import { explainOptions, overlayOptions, paintOptions } from './options.ts'

/** Where the results of one photo go. */
export type Places = Record<'figure' | 'map' | 'mask' | 'report', string | undefined>

/** Where what is explained of one photo goes. */
export interface Outputs {
  places: Places
  json: JsonOutput | undefined
  /** All photos of the command: none is ever replaced. */
  photos: readonly string[]
}

/** What has been explained and written. */
export interface Explained {
  explanations: readonly Explanation[]
  places: Places
  /** One for each map. */
  masks: readonly string[]
  /** Of the figure. */
  warnings: readonly Warning[]
}

export async function explainPhoto(
  network: Network,
  flags: ExplainFlags,
  { photo, signal, progress }: PhotoJob,
  target: Wanted | undefined,
): Promise<Explanation[]> {
  const explanations = await network.explainAll(photoSource(photo), {
    ...explainOptions(flags),
    ...furtherInputs(flags),
    ...present({ target, signal }),
    progress,
  })
  checkMapCount(explanations.length, flags)
  return explanations
}

export async function writePhoto(
  explanations: readonly Explanation[],
  flags: ExplainFlags,
  photo: string,
  { places, json, photos }: Outputs,
): Promise<Explained> {
  const { figure, map, mask, report } = places
  const masks = mask === undefined ? [] : masksOf(mask, explanations.length, photos)
  const stacked = map === undefined ? undefined : mapBytes(explanations)
  const drawn = figure === undefined ? undefined : figureOf(explanations, overlayOptions(flags))
  if (figure !== undefined && drawn) await put(figure, await drawn.toBuffer(formatOf(figure)))
  const unshown = (await drawn?.warnings()) ?? []
  if (map !== undefined && stacked) await put(map, stacked)
  for (const [i, path] of masks.entries())
    await put(path, await maskFigure(explanations[i] as Explanation, flags.maskThreshold).toBuffer('png'))
  if (report !== undefined)
    await put(report, await reportOf(explanations, { ...paintOptions(flags), name: photo === stdin ? 'stdin' : basename(photo) }).toHtml())
  if (json) {
    const files = { photo, model: flags.model, ...places }
    const written = explanations.map((each, i) => {
      const data = each.toJSON()
      return { files: { ...files, mask: masks[i] }, ...data, warnings: [...data.warnings, ...unshown] }
    })
    await json.write(...written)
  }
  return { explanations, places, masks, warnings: unshown }
}

async function put(path: string, data: Uint8Array | string): Promise<void> {
  if (path === stdout) await print(data)
  else writeWhole(path, data)
}

/** A place for each map's mask. */
function masksOf(mask: string, maps: number, photos: readonly string[]): string[] {
  if (maps === 1) return [mask]
  if (mask === stdout) throw badOption(`--save-mask - is one file, but there are ${maps} maps`, 'name a file: they get numbers')
  const masks = Array.from({ length: maps }, (_, i) => numbered(mask, i + 1))
  refuseOverwriting(photos, masks)
  return masks
}

const formats: Readonly<Record<string, 'jpeg' | 'webp'>> = { '.jpg': 'jpeg', '.jpeg': 'jpeg', '.webp': 'webp' }
const formatOf = (path: string): 'png' | 'jpeg' | 'webp' => formats[extname(path).toLowerCase()] ?? 'png'

/** float32 [h, w], or [maps, h, w] where there are several: target by target, each by all methods. */
function mapBytes(explanations: readonly Explanation[]): Uint8Array {
  const maps = explanations.map(({ map }) => map)
  const { height = 0, width = 0 } = maps[0] ?? {}
  const other = maps.find((map) => map.height !== height || map.width !== width)
  if (other) {
    const sizes = `${height}×${width} and ${other.height}×${other.width}`
    throw badOption(`--save-map: maps of ${sizes} do not fit into one array`, 'upsample them, or save the map of one method at a time')
  }
  const data = new Float32Array(maps.length * height * width)
  for (const [i, map] of maps.entries()) data.set(map.data, i * height * width)
  return writeNpy({ type: 'float32', dims: maps.length === 1 ? [height, width] : [maps.length, height, width], data })
}
