/** @file Occlusion sensitivity: how much the score falls when a patch of the picture is covered. */
import type { RunMethod } from '../definition.ts'

/** y(x) − y(x with a window filled), Zeiler and Fergus, ECCV 2014, arXiv:1311.2901; windows that overlap are averaged. */
export const occlusion: RunMethod = {
  name: 'occlusion',
  title: 'Occlusion sensitivity',
  family: 'perturbation',
  source: 'Zeiler and Fergus 2014, arXiv:1311.2901',
  cost: '1 + windows (about 100)',
  post: { upsample: 'none' },
  options: {
    patch: { kind: 'number', default: 0.2, min: 0, max: 1, about: 'side of the window, as a part of the picture' },
    stride: { kind: 'number', default: 0.1, min: 0, max: 1, about: 'step of the window, as a part of the picture' },
  },
  async run(task, options) {
    const { height, width, channels, data: pixels } = task.picture
    const side = (length: number): number => Math.max(1, Math.round(options.number('patch') * length))
    const step = (length: number): number => Math.max(1, Math.round(options.number('stride') * length))
    const means = Array.from({ length: channels }, (_, c) => {
      let total = 0
      for (let i = 0; i < height * width; i++) total += pixels[c * height * width + i] as number
      return total / (height * width)
    })
    const windows: { top: number; left: number }[] = []
    for (let top = 0; top < height; top += step(height)) for (let left = 0; left < width; left += step(width)) windows.push({ top, left })
    const program = await task.program({
      key: 'covered',
      feeds: { open: { shape: [1, height, width], each: true }, fill: { shape: [channels, 1, 1], each: false } },
      picture: (g, picture, fed) => g.add(g.mul(picture, fed('open')), g.mul(fed('fill'), g.sub(1, fed('open')))),
      outputs: ({ score }) => ({ score }),
    })
    const fill = Float32Array.from(means)
    const total = new Float32Array(height * width)
    const seen = new Float32Array(height * width)
    let y = 0
    const bounds = ({ top, left }: { top: number; left: number }) => ({
      top,
      left,
      bottom: Math.min(height, top + side(height)),
      right: Math.min(width, left + side(width)),
    })
    await program.each(
      windows.length + 1,
      (from, size) => {
        const open = new Float32Array(size * height * width).fill(1)
        for (let i = 0; i < size; i++) {
          const window = windows[from + i - 1]
          if (!window) continue
          const { top, left, bottom, right } = bounds(window)
          for (let row = top; row < bottom; row++) open.fill(0, (i * height + row) * width + left, (i * height + row) * width + right)
        }
        return { open, fill }
      },
      ({ score = new Float32Array() }, from, size) => {
        for (let i = 0; i < size; i++) {
          const window = windows[from + i - 1]
          if (!window) {
            y = score[i] as number
            continue
          }
          const { top, left, bottom, right } = bounds(window)
          for (let row = top; row < bottom; row++) {
            for (let at = row * width + left; at < row * width + right; at++) {
              total[at] = (total[at] as number) + y - (score[i] as number)
              seen[at] = (seen[at] as number) + 1
            }
          }
        }
      },
    )
    for (let i = 0; i < total.length; i++) if (seen[i]) total[i] = (total[i] as number) / (seen[i] as number)
    return { width, height, data: total }
  },
}
