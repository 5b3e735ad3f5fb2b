/** @file `gradcam layers`: the feature and the reduction layer, why they were chosen, and what else could be. */
import type { LayerChoice } from 'gradcam/node'
import { withNetwork } from '../network.ts'
import type { ModelFlags } from '../options.ts'
import { colors, print, table } from '../terminal.ts'

export interface LayersFlags extends ModelFlags {
  json?: boolean
}

const shapeText = (shape: LayerChoice['shape']): string => `[${shape.join(', ')}]`

export async function layers(flags: LayersFlags): Promise<void> {
  const { feature, reduction } = await withNetwork(flags, async (network) => network.layers())
  if (flags.json) return print(`${JSON.stringify({ feature, reduction }, undefined, 2)}\n`)
  const rows = (role: string, { name, operator, shape, why, runnersUp }: LayerChoice): string[][] => [
    [role, name, operator, shapeText(shape), why],
    ...runnersUp.map((layer) => ['', layer.name, layer.operator, shapeText(layer.shape), layer.why]),
  ]
  const head = ['layer', 'name', 'operator', 'shape', 'why']
  const [first = '', ...rest] = table([head, ...rows('feature', feature), ...rows('reduction', reduction)]).split('\n')
  return print([colors(process.stdout).dim(first), ...rest].join('\n'))
}
