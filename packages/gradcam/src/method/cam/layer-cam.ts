/** @file Layer-CAM: each place weighted by its own positive gradient, so that earlier layers can be looked at. */
import { defineMethod } from '../definition.ts'

/** L = Σ_k ReLU(G_k) · A_k (Jiang et al., IEEE TIP 2021, doi:10.1109/TIP.2021.3089943). */
export const layerCam = defineMethod({
  name: 'layer-cam',
  title: 'Layer-CAM',
  family: 'cam',
  gradient: 'features',
  source: 'Jiang et al. 2021, doi:10.1109/TIP.2021.3089943',
  map: ({ g, activations, gradient }) => g.sum(g.mul(g.relu(gradient), activations), [1], false),
})
