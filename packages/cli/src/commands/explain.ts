/** @file `gradcam explain`: photos in; figures, maps, masks, reports and numbers out. */
import { extname } from 'node:path'
import { checkPaintOptions, resolveRequest } from 'gradcam'
import { eachPhoto } from '../batch.ts'
import { destinations, type Kind, refuseOverwriting, refuseSharing, stdout } from '../destinations.ts'
import { badOption } from '../errors.ts'
import type { ExplainFlags } from '../flags/table.ts'
import { expandPhotos } from '../inputs.ts'
import { jsonFile, jsonLines } from '../json.ts'
import { unsureWarning, withNetwork } from '../network.ts'
import { kindOf } from '../output.ts'
import { targetsOf } from '../targets.ts'
import { print, tell } from '../terminal.ts'
import { checkMapCount, figureWanted, minMaps } from './explain/maps.ts'
import { explainOptions, paintOptions } from './explain/options.ts'
import { details, oneLine, warningsOf } from './explain/text.ts'
import { explainPhoto, type Places, writePhoto } from './explain/write.ts'

const kinds = {
  figure: { flag: '--output', suffix: '.gradcam.png', endings: ['.png', '.jpg', '.jpeg', '.webp'] },
  map: { flag: '--save-map', suffix: '.npy', endings: ['.npy'] },
  mask: { flag: '--save-mask', suffix: '.mask.gradcam.png', endings: ['.png'] },
  report: { flag: '--report', suffix: '.gradcam.html', endings: ['.html', '.htm'] },
} as const satisfies Record<keyof Places, Kind>

/** Returns whether every photo was explained. */
export async function explain(names: readonly string[], flags: ExplainFlags): Promise<boolean> {
  checkFlags(flags)
  const { jsonPlace, photo } = jsonOrPhoto(flags.json)
  const inputs = await expandPhotos([...photo, ...names])
  const { photos } = inputs
  const targets = flags.targets === undefined ? undefined : await targetsOf(flags.targets, photos)
  const placesAt = (place: string | undefined, kind: Kind): string[] => (place === undefined ? [] : destinations(photos, place, kind))
  const places = {
    figure: placesAt(flags.output ?? (figureWanted(flags) ? './' : undefined), kinds.figure),
    map: placesAt(flags.saveMap, kinds.map),
    mask: placesAt(flags.saveMask, kinds.mask),
    report: placesAt(flags.report, kinds.report),
  }
  const outputs = [...Object.values(places).flat(), ...jsonPlace]
  refuseOverwriting(photos, jsonPlace)
  refuseSharing(outputs)
  const [jsonTo] = jsonPlace
  const json = jsonTo === undefined ? undefined : jsonTo === stdout ? jsonLines : jsonFile(jsonTo, photos.length > 1)
  const unsure = unsureWarning(flags)
  const text = photos.length === 1 ? details : oneLine
  try {
    return await withNetwork(
      flags,
      async (network) => {
        const classes = network.model.labels.length
        checkMapCount(minMaps(flags, classes), flags, classes)
        // what is true of the model is said with the first photo
        const ofModel = new Set((await network.inspect()).warnings.map(({ message }) => message))
        const said = new Set<string>()
        return eachPhoto(
          inputs,
          { flags, verb: 'explained', json },
          {
            begin: (job) => explainPhoto(network, flags, job, targets?.get(job.photo) ?? flags.target),
            async finish({ photo, index }, explanations) {
              const { figure, map, mask, report } = places
              const own = { figure: figure[index], map: map[index], mask: mask[index], report: report[index] }
              const explained = await writePhoto(explanations, flags, photo, { places: own, json, photos })
              if (!flags.quiet) for (const warning of warningsOf(explained, said)) tell(warning)
              for (const { warnings } of explanations) for (const { message } of warnings) if (ofModel.has(message)) said.add(message)
              unsure(photo, explanations[0]?.top[0])
              if (!flags.quiet && !outputs.includes(stdout)) await print(text(photo, explained))
            },
          },
        )
      },
      photos.length,
    )
  } finally {
    json?.close()
  }
}

/** Refuses wrong flags before anything is read. */
function checkFlags(flags: ExplainFlags): void {
  if (flags.target && flags.targets !== undefined) throw badOption('--target and --targets are both given', 'give one of them')
  if (flags.maskThreshold !== undefined && flags.saveMask === undefined) {
    throw badOption('--mask-threshold is for a mask, and none is written', 'add --save-mask mask.png')
  }
  resolveRequest(explainOptions(flags))
  checkPaintOptions(paintOptions(flags))
}

/** `--json photo.jpg` is a flag and a photo: only .json, .jsonl, devices and - name a place. */
function jsonOrPhoto(json: string | true | undefined): { jsonPlace: string[]; photo: string[] } {
  if (json === undefined) return { jsonPlace: [], photo: [] }
  const place = json === true ? stdout : json
  const named = place === stdout || ['.json', '.jsonl'].includes(extname(place).toLowerCase()) || kindOf(place) === 'special'
  return named ? { jsonPlace: [place], photo: [] } : { jsonPlace: [stdout], photo: [place] }
}
