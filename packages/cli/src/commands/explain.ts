/** @file `gradcam explain`: photos in; figures, maps, masks, reports and numbers out. */
import { extname } from 'node:path'
import { eachPhoto } from '../batch.ts'
import { destinations, type Kind, refuseOverwriting, refuseSharing, stdout } from '../destinations.ts'
import { refuse } from '../errors.ts'
import type { ExplainFlags } from '../flags/table.ts'
import { expandPhotos } from '../inputs.ts'
import { jsonFile, jsonLines } from '../json.ts'
import { withNetwork } from '../network.ts'
import { kindOf } from '../output.ts'
import { targetsOf } from '../targets.ts'
import { print } from '../terminal.ts'
import { unsureWarning } from '../unsure.ts'
import { figureDrawn, minMaps } from './explain/maps.ts'
import { explainOptions, paintOptions } from './explain/options.ts'
import { details, oneLine } from './explain/text.ts'
import { explainPhoto } from './explain/write.ts'

const figureKind: Kind = { flag: '--output', suffix: '.gradcam.png', endings: ['.png', '.jpg', '.jpeg', '.webp'] }
const mapKind: Kind = { flag: '--save-map', suffix: '.npy', endings: ['.npy'] }
const maskKind: Kind = { flag: '--save-mask', suffix: '.mask.gradcam.png', endings: ['.png'] }
const reportKind: Kind = { flag: '--report', suffix: '.gradcam.html', endings: ['.html', '.htm'] }

/** Returns whether every photo was explained. */
export async function explain(names: readonly string[], flags: ExplainFlags): Promise<boolean> {
  await checkFlags(flags)
  const { jsonPlace, photo } = jsonOrPhoto(flags.json)
  const inputs = await expandPhotos([...photo, ...names])
  const { photos } = inputs
  const targets = flags.targets === undefined ? undefined : await targetsOf(flags.targets, photos)
  const places = (place: string | undefined, kind: Kind): string[] => (place === undefined ? [] : destinations(photos, place, kind))
  const others = [flags.json, flags.saveMap, flags.saveMask, flags.report]
  const figures = places(flags.output ?? (others.every((other) => other === undefined) ? './' : undefined), figureKind)
  const maps = places(flags.saveMap, mapKind)
  const masks = places(flags.saveMask, maskKind)
  const reports = places(flags.report, reportKind)
  const outputs = [...figures, ...maps, ...masks, ...reports, ...jsonPlace]
  refuseOverwriting(
    photos,
    jsonPlace.filter((place) => place !== stdout),
  )
  refuseSharing(outputs)
  const [jsonTo] = jsonPlace
  const json = jsonTo === undefined ? undefined : jsonTo === stdout ? jsonLines : jsonFile(jsonTo, photos.length > 1)
  const quiet = flags.quiet ?? false
  const batch = {
    quiet,
    debug: flags.debug ?? false,
    verb: 'explained',
    failed: async (failed: string, error: object) => json?.write({ files: { photo: failed }, error }),
  }
  const unsure = unsureWarning(flags)
  const text = photos.length === 1 ? details : oneLine
  try {
    return await withNetwork(flags, async (network) => {
      const classes = network.model.labels.length
      figureDrawn(minMaps(flags, classes), flags, classes)
      return eachPhoto(inputs, batch, async (job) => {
        const { index } = job
        const explained = await explainPhoto(network, flags, job, {
          figure: figures[index],
          map: maps[index],
          mask: masks[index],
          report: reports[index],
          json,
          photos,
          target: targets?.get(job.photo) ?? flags.target,
        })
        unsure(job.photo, explained.explanations[0]?.top[0])
        if (!quiet && !outputs.includes(stdout)) await print(text(job.photo, explained))
      })
    })
  } finally {
    json?.close()
  }
}

/** Refuses wrong flags before anything is read. */
async function checkFlags(flags: ExplainFlags): Promise<void> {
  if (flags.target && flags.targets !== undefined) throw refuse('bad-option', '--target and --targets are both given', 'give one of them')
  if (flags.maskThreshold !== undefined && flags.saveMask === undefined) {
    throw refuse('bad-option', '--mask-threshold is for a mask, and none is written', 'add --save-mask mask.png')
  }
  const { checkPaintOptions, resolveRequest } = await import('gradcam')
  resolveRequest(explainOptions(flags))
  checkPaintOptions(paintOptions(flags))
}

/** `--json photo.jpg` is a flag and a photo: only .json, .jsonl, devices and - name a place. */
function jsonOrPhoto(json: string | true | undefined): { jsonPlace: string[]; photo: string[] } {
  if (json === undefined) return { jsonPlace: [], photo: [] }
  if (json === true || json === stdout) return { jsonPlace: [stdout], photo: [] }
  const named = ['.json', '.jsonl'].includes(extname(json).toLowerCase()) || kindOf(json) === 'special'
  return named ? { jsonPlace: [json], photo: [] } : { jsonPlace: [stdout], photo: [json] }
}
