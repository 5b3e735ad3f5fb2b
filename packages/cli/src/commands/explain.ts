/** @file `gradcam explain`: photos in; pictures, maps and numbers out. */
import { extname } from 'node:path'
import type { ExplainOptions, Explanation, Network, OverlayOptions } from 'gradcam/node'
import { eachPhoto, type Turn } from '../batch.ts'
import { destinations, refuseOverwriting } from '../destinations.ts'
import { messageText, refuse } from '../exit.ts'
import { expandPhotos } from '../inputs.ts'
import { type JsonLines, jsonLines } from '../json.ts'
import { withNetwork } from '../network.ts'
import { type ModelFlags, present } from '../options.ts'
import { writeWhole } from '../output.ts'
import { targetsOf, type Wanted } from '../targets.ts'
import { colors, print, tell } from '../terminal.ts'

export interface ExplainFlags extends ModelFlags {
  target?: (string | number)[]
  targets?: string
  featureLayer?: string
  reductionLayer?: string
  method?: ExplainOptions['method']
  activation?: ExplainOptions['activation']
  upsample?: ExplainOptions['upsample']
  normalize?: ExplainOptions['normalize']
  output?: string
  colormap?: string
  alpha?: number
  title: boolean
  legend: boolean
  saveMap?: string
  json?: string | true
  quiet?: boolean
}

const pictureKind = { option: '--output', suffix: '.gradcam.png', endings: ['.png', '.jpg', '.jpeg', '.webp'] }
const mapKind = { option: '--save-map', suffix: '.npy', endings: ['.npy'] }

/** Where the results of one photo go. */
interface Place {
  picture: string
  map: string | undefined
  json: JsonLines | undefined
  target: Wanted | undefined
}

/** Returns whether every photo was explained. */
export async function explain(names: readonly string[], flags: ExplainFlags): Promise<boolean> {
  if (flags.colormap !== undefined) (await import('gradcam')).colormap(flags.colormap)
  const { file, photo } = jsonPlace(flags.json)
  const inputs = await expandPhotos([...photo, ...names])
  if (flags.target && flags.targets !== undefined) throw refuse('bad-option', '--target and --targets are both given', 'give one of them')
  const targets = flags.targets === undefined ? undefined : await targetsOf(flags.targets, inputs.photos)
  const pictures = await destinations(inputs.photos, flags.output ?? './', pictureKind)
  const maps = flags.saveMap === undefined ? [] : await destinations(inputs.photos, flags.saveMap, mapKind)
  await refuseOverwriting(inputs.photos, file)
  const json = flags.json === undefined ? undefined : await jsonLines(file[0])
  const quiet = (flags.quiet ?? false) || (json !== undefined && file.length === 0)
  const batch = {
    quiet: flags.quiet ?? false,
    debug: flags.debug ?? false,
    verb: 'explained',
    failed: async (failed: string, error: object) => json?.write({ files: { photo: failed }, error }),
  }
  const text = inputs.photos.length === 1 ? details : oneLine
  try {
    const ok = await withNetwork(flags, async (network) =>
      eachPhoto(inputs, batch, async (turn) => {
        const place = { picture: pictures[turn.index] ?? '', map: maps[turn.index], json, target: targets?.get(turn.photo) ?? flags.target }
        const explanations = await explainOne(network, flags, turn, place)
        if (!quiet) await print(text(turn.photo, explanations, place))
      }),
    )
    await json?.commit()
    return ok
  } catch (error) {
    await json?.discard()
    throw error
  }
}

/** `--json photo.jpg` is meant as a flag and a photo: only .json and .jsonl name a file. */
function jsonPlace(json: string | true | undefined): { file: string[]; photo: string[] } {
  if (typeof json !== 'string') return { file: [], photo: [] }
  const names = ['.json', '.jsonl'].includes(extname(json).toLowerCase())
  return names ? { file: [json], photo: [] } : { file: [], photo: [json] }
}

async function explainOne(
  network: Network,
  flags: ExplainFlags,
  { photo, clear }: Turn,
  { picture, map, json, target }: Place,
): Promise<Explanation[]> {
  const { featureLayer, reductionLayer, method, activation, upsample, normalize } = flags
  const options: ExplainOptions = present({ target, featureLayer, reductionLayer, method, activation, upsample, normalize })
  const explanations = await network.explainAll(photo, options)
  await writeWhole(picture, await pictureBytes(explanations, picture, flags))
  if (map !== undefined) await writeWhole(map, await mapBytes(explanations))
  for (const explanation of explanations) await json?.write({ files: { photo, picture, map }, ...explanation.toJSON() })
  clear()
  if (!flags.quiet) for (const text of warningsOf(explanations)) tell(text)
  return explanations
}

async function pictureBytes(explanations: readonly Explanation[], path: string, flags: ExplainFlags): Promise<Uint8Array> {
  const { pictureOf } = await import('gradcam/node')
  const options: OverlayOptions = { ...present({ colormap: flags.colormap, alpha: flags.alpha }), title: flags.title, legend: flags.legend }
  const formats: Record<string, 'jpeg' | 'webp'> = { '.jpg': 'jpeg', '.jpeg': 'jpeg', '.webp': 'webp' }
  return pictureOf(explanations, options).toBuffer(formats[extname(path).toLowerCase()] ?? 'png')
}

/** float32 [h, w], or [targets, h, w] where several were asked for. */
async function mapBytes(explanations: readonly Explanation[]): Promise<Uint8Array> {
  const { writeNpy } = await import('gradcam')
  const maps = explanations.map(({ map }) => map)
  const { height = 0, width = 0 } = maps[0] ?? {}
  const data = new Float32Array(maps.length * height * width)
  for (const [i, map] of maps.entries()) data.set(map.data, i * height * width)
  return writeNpy({ type: 'float32', dims: maps.length === 1 ? [height, width] : [maps.length, height, width], data })
}

/** Each warning once. */
const warningsOf = (explanations: readonly Explanation[]): Set<string> =>
  new Set(
    explanations.flatMap(({ warnings }) => warnings).map(({ message, hint }) => messageText({ message: `warning: ${message}`, hint })),
  )

const scored = ({ label, score }: Explanation): string => `${label} ${score.toFixed(3)}`

const oneLine = (photo: string, explanations: readonly Explanation[], { picture }: Place): string =>
  `${photo}: ${explanations.map(scored).join(', ')} → ${picture}\n`

function details(photo: string, explanations: readonly Explanation[], { picture, map }: Place): string {
  const { bold, dim } = colors(process.stdout)
  const rows: [string, string | undefined][] = [
    ['photo', photo],
    ['feature layer', explanations[0]?.featureLayer],
    ['reduction layer', explanations[0]?.reductionLayer],
    ['picture', picture],
    ['map', map],
  ]
  const lines = rows.flatMap(([name, value]) => (value === undefined ? [] : [`  ${dim(name.padEnd(15))}  ${value}\n`]))
  return explanations.map((e) => `${bold(scored(e))}\n`).join('') + lines.join('')
}
