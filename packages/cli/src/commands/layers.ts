/** @file `gradcam layers`: the feature and the reduction layer, why they were chosen, and what else could be; the path of the gradient between them. */
import type { GradientPath, LayerCandidate, LayerCandidates, LayerChoice, LayerOptions, Layers, Network } from 'gradcam/node'
import { type Reason, reasonOf } from '../errors.ts'
import { messageText } from '../messages.ts'
import type { LayersFlags } from '../flags/table.ts'
import { furtherInputs } from '../further.ts'
import { withNetwork } from '../network.ts'
import { present } from '../present.ts'
import { printable, printableJson } from '../printable.ts'
import { photoSource } from '../stdin.ts'
import { table } from '../table.ts'
import { colors, print, tell } from '../terminal.ts'

const shapeText = (shape: LayerChoice['shape']): string => `[${shape.join(', ')}]`

export async function layers(flags: LayersFlags): Promise<void> {
  const { featureLayer, reductionLayer, path, target, json } = flags
  const named: LayerOptions = present({ featureLayer, reductionLayer })
  await withNetwork(flags, async (network) => {
    for (const { message, hint } of network.model.warnings) tell(messageText({ message: `warning: ${message}`, hint }))
    const options = { ...named, ...furtherInputs(flags) }
    const followed = path === undefined ? undefined : await network.path(photoSource(path), { ...options, ...present({ target }) })
    const found = followed?.layers ?? (await layersOrCandidates(network, named, options))
    if ('refused' in found) return listRefused(found, json === true)
    if (json) return print(`${printableJson({ ...found, target: followed?.label, path: followed?.steps }, 2)}\n`)
    await print(layersText(found))
    if (followed) await print(`\n${pathText(followed)}`)
  })
}

interface RefusedLayers extends LayerCandidates {
  refused: Reason
}

/** What cannot be chosen can still be listed; a layer that was named, and is none, is an error. */
async function layersOrCandidates(network: Network, named: LayerOptions, options: LayerOptions): Promise<Layers | RefusedLayers> {
  try {
    return await network.layers(options)
  } catch (error) {
    const candidates = Object.keys(named).length > 0 ? undefined : await network.layerCandidates().catch(() => undefined)
    if (!candidates) throw error
    return { refused: reasonOf(error), ...candidates }
  }
}

/** Layers that could be named, where none can be chosen, and why that is. */
async function listRefused({ refused: { code, message, hint }, ...candidates }: RefusedLayers, json: boolean): Promise<void> {
  if (json) return print(`${printableJson({ refused: { code, message, hint }, ...candidates }, 2)}\n`)
  tell(messageText({ message: `warning: no layers are chosen: ${message}`, hint }))
  const rows = (role: string, list: readonly LayerCandidate[]): string[][] =>
    list.map(({ name, operator, shape, why }, i) => [i === 0 ? role : '', name, operator, shapeText(shape), why])
  const head = ['could be', 'name', 'operator', 'shape', 'why']
  await print(dimHead(table([head, ...rows('feature', candidates.features), ...rows('reduction', candidates.reductions)])))
}

function layersText({ feature, reduction }: Layers): string {
  const rows = (role: string, { name, operator, shape, why, runnersUp }: LayerChoice): string[][] => [
    [role, name, operator, shapeText(shape), why],
    ...runnersUp.map((layer) => ['', layer.name, layer.operator, shapeText(layer.shape), layer.why]),
  ]
  const head = ['layer', 'name', 'operator', 'shape', 'why']
  const text = dimHead(table([head, ...rows('feature', feature), ...rows('reduction', reduction)]))
  const doubt = 'the feature layer is a guess: the score also depends on the image past it'
  return feature.certain ? text : `${text}${colors(process.stdout).dim(doubt)}\n`
}

/** From the score back to the features, with the norm of the gradient after each node. */
function pathText({ label, steps }: GradientPath): string {
  const normText = (norm: number | undefined): string => norm?.toExponential(2) ?? '(integers)'
  const rows = steps.map(({ norm, operator, rule, shape, node }) => [normText(norm), operator, rule, shapeText(shape), node])
  const head = label === undefined ? '' : `score: ${printable(label)}\n`
  return head + dimHead(table([['gradient', 'operator', 'rule', 'shape', 'node'], ...rows]))
}

function dimHead(text: string): string {
  const [first = '', ...rest] = text.split('\n')
  return [colors(process.stdout).dim(first), ...rest].join('\n')
}
