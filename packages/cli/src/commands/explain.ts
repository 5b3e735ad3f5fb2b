/** @file `gradcam explain`: photos in; pictures, maps, masks, reports and numbers out. */
import { extname } from 'node:path'
import { eachPhoto } from '../batch.ts'
import { destinations, type Kind, refuseOverwriting, refuseSharing } from '../destinations.ts'
import { refuse } from '../exit.ts'
import { expandPhotos } from '../inputs.ts'
import { jsonLines } from '../json.ts'
import { withNetwork } from '../network.ts'
import { targetsOf } from '../targets.ts'
import { print } from '../terminal.ts'
import { unsureWarning } from '../unsure.ts'
import { type ExplainFlags, explainOptions, paintOptions } from './explain/flags.ts'
import { panelsAtLeast, pictureWanted } from './explain/panels.ts'
import { details, oneLine } from './explain/text.ts'
import { explainPhoto, type Place } from './explain/write.ts'

export type { ExplainFlags } from './explain/flags.ts'

const pictureKind: Kind = { option: '--output', suffix: '.gradcam.png', endings: ['.png', '.jpg', '.jpeg', '.webp'] }
const mapKind: Kind = { option: '--save-map', suffix: '.npy', endings: ['.npy'] }
const maskKind: Kind = { option: '--save-mask', suffix: '.mask.gradcam.png', endings: ['.png'] }
const reportKind: Kind = { option: '--report', suffix: '.gradcam.html', endings: ['.html', '.htm'] }

/** Returns whether every photo was explained. */
export async function explain(names: readonly string[], flags: ExplainFlags): Promise<boolean> {
  await checkFlags(flags)
  const { file, photo } = jsonPlace(flags.json)
  const inputs = await expandPhotos([...photo, ...names])
  const { photos } = inputs
  if (flags.target && flags.targets !== undefined) throw refuse('bad-option', '--target and --targets are both given', 'give one of them')
  const targets = flags.targets === undefined ? undefined : await targetsOf(flags.targets, photos)
  const places = async (place: string | undefined, kind: Kind): Promise<string[]> =>
    place === undefined ? [] : destinations(photos, place, kind)
  const pictures = await places(flags.output ?? './', pictureKind)
  const maps = await places(flags.saveMap, mapKind)
  const masks = await places(flags.saveMask, maskKind)
  const reports = await places(flags.report, reportKind)
  await refuseOverwriting(photos, file)
  await refuseSharing([...pictures, ...maps, ...masks, ...reports, ...file])
  const json = flags.json === undefined ? undefined : await jsonLines(file[0])
  const quiet = (flags.quiet ?? false) || (json !== undefined && file.length === 0)
  const batch = {
    quiet: flags.quiet ?? false,
    debug: flags.debug ?? false,
    verb: 'explained',
    failed: async (failed: string, error: object) => json?.write({ files: { photo: failed }, error }),
  }
  const unsure = unsureWarning(flags)
  const text = photos.length === 1 ? details : oneLine
  try {
    const ok = await withNetwork(flags, async (network) => {
      pictureWanted(panelsAtLeast(flags, network.model.labels.length), flags)
      return eachPhoto(inputs, batch, async (turn) => {
        const { index } = turn
        const place: Place = {
          picture: pictures[index],
          map: maps[index],
          mask: masks[index],
          report: reports[index],
          json,
          photos,
          target: targets?.get(turn.photo) ?? flags.target,
        }
        const explained = await explainPhoto(network, flags, turn, place)
        unsure(turn.photo, explained.explanations[0]?.top[0])
        if (!quiet) await print(text(turn.photo, explained))
      })
    })
    await json?.commit()
    return ok
  } catch (error) {
    await json?.discard()
    throw error
  }
}

/** Refuses what can be known to be wrong before anything is read. */
async function checkFlags(flags: ExplainFlags): Promise<void> {
  if (flags.maskThreshold !== undefined && flags.saveMask === undefined) {
    throw refuse('bad-option', '--mask-threshold is for a mask, and none is written', 'add --save-mask mask.png')
  }
  const { checkPaintOptions, resolveRequest } = await import('gradcam')
  resolveRequest(explainOptions(flags))
  checkPaintOptions(paintOptions(flags))
}

/** `--json photo.jpg` is meant as a flag and a photo: only .json and .jsonl name a file. */
function jsonPlace(json: string | true | undefined): { file: string[]; photo: string[] } {
  if (typeof json !== 'string') return { file: [], photo: [] }
  const named = ['.json', '.jsonl'].includes(extname(json).toLowerCase())
  return named ? { file: [json], photo: [] } : { file: [], photo: [json] }
}
