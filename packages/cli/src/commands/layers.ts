/** @file `gradcam layers`: the feature and the reduction layer, why they were chosen, and what else could be; the path of the gradient between them. */
import type { GradientPath, LayerChoice, LayerOptions, Layers } from 'gradcam/node'
import type { LayersFlags } from '../flags/table.ts'
import { withNetwork } from '../network.ts'
import { present } from '../present.ts'
import { printable, printableJson } from '../printable.ts'
import { table } from '../table.ts'
import { colors, print } from '../terminal.ts'

const shapeText = (shape: LayerChoice['shape']): string => `[${shape.join(', ')}]`

export async function layers(flags: LayersFlags): Promise<void> {
  const { featureLayer, reductionLayer, path, target, json } = flags
  const named: LayerOptions = present({ featureLayer, reductionLayer })
  const { found, followed } = await withNetwork(flags, async (network) => {
    const followed = path === undefined ? undefined : await network.path(path, { ...named, ...present({ target }) })
    return { found: followed?.layers ?? (await network.layers(named)), followed }
  })
  if (json) return print(`${printableJson({ ...found, target: followed?.label, path: followed?.steps }, 2)}\n`)
  await print(layersText(found))
  if (followed) await print(`\n${pathText(followed)}`)
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
