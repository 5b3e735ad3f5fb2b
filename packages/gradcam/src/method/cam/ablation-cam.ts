/** @file Ablation-CAM: each channel weighted by how much the score falls when the channel is silenced. */
import type { RunMethod } from '../definition.ts'

/**
 * L = Σ_k w_k A_k with w_k = (y − y_k)/y, y_k the score with channel k set to 0 (Desai and Ramaswamy, WACV 2020, equation 4).
 * Only the part of the network behind the feature layer is run again.
 */
export const ablationCam: RunMethod = {
  name: 'ablation-cam',
  title: 'Ablation-CAM',
  family: 'cam',
  source: 'Desai and Ramaswamy, WACV 2020',
  cost: '1 + channels × the part behind the feature layer',
  async run(task) {
    const whole = await task.program({
      key: 'whole',
      outputs: ({ score, activations }) => ({ score, activations }),
    })
    const { score = new Float32Array(), activations = new Float32Array() } = await whole.run(1, () => ({}))
    const { height, width } = task.layers.feature.layout
    const places = height * width
    const channels = activations.length / places
    const without = await task.program({
      key: 'silenced',
      feeds: { factors: { shape: [channels, 1, 1], each: true } },
      features: (_, fed) => fed('factors'),
      outputs: (scene) => ({ score: scene.score }),
    })
    const y = score[0] as number
    const data = new Float32Array(places)
    await without.each(
      channels,
      (from, size) => {
        const factors = new Float32Array(size * channels).fill(1)
        for (let i = 0; i < size; i++) factors[i * channels + from + i] = 0
        return { factors }
      },
      ({ score: scores = new Float32Array() }, from, size) => {
        for (let i = 0; i < size; i++) {
          const weight = (y - (scores[i] as number)) / y
          const start = (from + i) * places
          for (let place = 0; place < places; place++)
            data[place] = (data[place] as number) + weight * (activations[start + place] as number)
        }
      },
    )
    return { width, height, data }
  },
}
