/** @file Objectives in groups that share a run, each with the layers that it is explained at. */
import { type FeatureChoice, imageAsFeature, type LayerChoice, type LayerOptions, type Layers, layersBefore } from '../graph/layers.ts'
import { looksAtLayer } from '../method/definition.ts'
import type { ObjectiveContext } from '../objective/context.ts'
import type { Objective } from '../objective/objective.ts'
import { isClass } from './explained-graph.ts'
import type { Request } from './request.ts'
import { chosenReduction, type ExplainerState } from './state.ts'

/** Objectives that share a run: one feature layer, one tensor that is differentiated. */
export interface ObjectiveGroup {
  /** By image, then by target; those of one target have equal keys. */
  objectives: readonly (readonly Objective[])[]
  /** Where the maps lie, and what the network's own answer is read from. */
  layers: Layers
  /** What is differentiated. */
  explained: LayerChoice
}

/** The image in the place of the feature layer, where no method looks at one. */
export function standInOf(
  { image }: ExplainerState,
  { methods }: Request,
  { graph, info, input }: ObjectiveContext,
): FeatureChoice | undefined {
  if (methods.some(({ method }) => looksAtLayer(method))) return undefined
  return imageAsFeature(graph, info.value(image.name), { kind: image.layout, channels: image.channels, ...input })
}

/** Neighbouring objectives of one feature layer share a run. */
export function groupsOf(
  state: ExplainerState,
  targets: readonly (readonly Objective[])[],
  options: LayerOptions,
  { graph, info, images }: ObjectiveContext,
  standIn: FeatureChoice | undefined,
): ObjectiveGroup[] {
  const groups: { objectives: Objective[][]; layers: Layers; explained: LayerChoice }[] = []
  const known = new Map<string, ReturnType<typeof layersBefore>>()
  const reduction = chosenReduction(state, info, options)
  for (const target of targets) {
    const [first] = target as readonly [Objective]
    const key = JSON.stringify([first.reads, first.before])
    const { layers, explained } = known.get(key) ?? layersBefore(graph, info, options, reduction, first, standIn)
    known.set(key, { layers, explained })
    const last = groups.at(-1)
    if (last && sharesRun(last, { layers, explained }, first))
      for (const [n, objective] of target.entries()) last.objectives[n]?.push(objective)
    else groups.push({ objectives: Array.from({ length: images }, (_, n) => [target[n] as Objective]), layers, explained })
  }
  return groups
}

function sharesRun(
  { objectives, layers, explained }: ObjectiveGroup,
  own: Pick<ObjectiveGroup, 'layers' | 'explained'>,
  objective: Objective,
): boolean {
  const last = objectives[0]?.at(-1)
  return (
    last !== undefined &&
    layers.feature.name === own.layers.feature.name &&
    explained.name === own.explained.name &&
    isClass(last) === isClass(objective) &&
    last.ofAll === objective.ofAll
  )
}
