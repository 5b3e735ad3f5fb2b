/** @file A loaded network. */
import { createExplainer, type Explainer, type ExplainerOptions } from './explain/explainer.ts'
import type { NetworkInfo } from './explain/state.ts'
import type { Model } from './graph/model.ts'
import type { Runtime, SameEverywhere } from './runtime/runtime.ts'

export type { GradientPath } from './explain/path.ts'
export type { ExplainOptions, PreparedImage } from './explain/request.ts'
export type NetworkCore = Explainer

export const createNetwork = (
  model: Model,
  runtime: Runtime,
  network: NetworkInfo,
  sameEverywhere?: SameEverywhere,
  options: Pick<ExplainerOptions, 'maxSessions'> = {},
): Explainer => createExplainer(model, runtime, network, { sameEverywhere, ...options })
