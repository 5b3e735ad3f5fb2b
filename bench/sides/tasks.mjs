/** @file What sides are asked, and what has to come out of it: rows of the table. */

/**
 * @typedef {object} Peer
 * @property {string} side what it is called in the table
 * @property {string} task of peers.py
 * @property {readonly object[]} [tries] options of which the fastest are taken, in one trial; the first without a trial
 * @property {string} [trial] one trial is enough for all peers of this name
 * @property {string | null} preset with which we finish our map as that library does; null: chance of its own, not compared
 * @property {readonly (number | undefined)[]} bounds by network: that many times our time it should take at least
 *
 * @typedef {object} Task
 * @property {string} name a word for `--only`
 * @property {string} title
 * @property {{ preset?: string } & Record<string, unknown>} options of `explain`
 * @property {boolean} [many] a method of many runs: one call at a time is timed
 * @property {number} runs of the plain runtime, which ours is held to; 0: it is not
 * @property {readonly (number | undefined)[]} bounds by network: that many times the plain runtime's time we may take at most
 * @property {readonly Peer[]} peers
 * @property {readonly string[]} [only] networks; default: all
 */

const convolutional = ['GoogLeNet', 'ResNet-50', 'MobileNetV2']
const faster = [1, 1, 1, 1]
const toBatches = (/** @type {readonly number[]} */ batches, more = {}) => batches.map((batch) => ({ batch, ...more }))

/** @param {string} task @param {object} more @returns {Peer[]} */
const gradients = (task, more) => [
  {
    ...{ side: 'Captum', task, preset: task === 'smooth-grad' ? null : 'captum', bounds: [1.5, 1.25, 2.5, 1.15] },
    trial: 'Captum',
    tries: toBatches([8, 1, 4, 32], more),
  },
  {
    ...{ side: 'PyTorch at its best', task: 'gradients', trial: 'gradients', preset: null, bounds: [1.15, 1.15, 2, 1.1] },
    tries: [
      { batch: 8, layout: 'channels_last', count: 32 },
      { batch: 8, layout: 'default', count: 32 },
      { batch: 1, layout: 'channels_last', count: 32 },
    ],
  },
]

/** @type {readonly Task[]} */
export const tasks = [
  {
    ...{ name: 'grad-cam', title: 'Grad-CAM', options: { method: 'grad-cam' }, runs: 1, bounds: [1.02, 1.02, 1.05, 1.05] },
    peers: [],
  },
  {
    ...{ name: 'grad-cam', title: 'Grad-CAM', options: { method: 'grad-cam' }, runs: 0, bounds: [] },
    peers: [
      { side: 'pytorch-grad-cam', task: 'grad-cam, pytorch-grad-cam', preset: 'pytorch-grad-cam', bounds: faster },
      { side: 'TorchCAM', task: 'grad-cam, TorchCAM', preset: 'torchcam', bounds: faster },
      { side: 'Captum', task: 'grad-cam, Captum', preset: 'captum', bounds: faster },
    ],
  },
  {
    ...{ name: 'saliency', title: 'saliency', options: { method: 'saliency', preset: 'captum' }, runs: 0, bounds: [] },
    peers: [{ side: 'Captum', task: 'saliency', preset: 'captum', bounds: [1.6, 1.4, 2, 1.5] }],
  },
  {
    ...{ name: 'integrated-gradients', title: 'integrated gradients, 32 steps', runs: 0, bounds: [] },
    options: { method: 'integrated-gradients', preset: 'captum', options: { steps: 32 } },
    many: true,
    peers: gradients('integrated-gradients', { steps: 32 }),
  },
  {
    ...{ name: 'smooth-grad', title: 'SmoothGrad, 32 samples', runs: 0, bounds: [] },
    options: { method: 'smooth-grad', preset: 'captum', options: { samples: 32 } },
    many: true,
    peers: gradients('smooth-grad', { samples: 32 }),
  },
  {
    ...{ name: 'occlusion', title: 'occlusion, 100 windows', runs: 100, bounds: [1.05, 1.05, 1.1, 1.05] },
    options: { method: 'occlusion', preset: 'captum', options: { fill: 'zero', patchPixels: 45, stridePixels: 22 } },
    many: true,
    peers: [{ side: 'Captum', task: 'occlusion', preset: 'captum', tries: toBatches([8, 1]), bounds: faster }],
  },
  {
    ...{ name: 'rise', title: 'RISE, 64 masks', runs: 64, bounds: [1.05, 1.05, 1.1, 1.05], peers: [] },
    options: { method: 'rise', options: { samples: 64 } },
    many: true,
  },
  {
    ...{ name: 'score-cam', title: 'Score-CAM, 64 channels', runs: 64, bounds: [1.05, 1.05, 1.1, 1.05], peers: [] },
    options: { method: 'score-cam', options: { channelCount: 64 } },
    many: true,
  },
  {
    ...{ name: 'score-cam', title: 'Score-CAM, all channels', runs: 0, bounds: [], only: ['GoogLeNet'] },
    options: { method: 'score-cam', preset: 'pytorch-grad-cam', options: { corners: 'align' } },
    many: true,
    peers: [{ side: 'pytorch-grad-cam', task: 'score-cam, pytorch-grad-cam', preset: 'pytorch-grad-cam', bounds: faster }],
  },
]

/** Whether a library has that method for a network. @param {Peer} peer @param {string} network */
export const suits = ({ side, task }, network) =>
  convolutional.includes(network) || !task.startsWith('grad-cam') || side === 'pytorch-grad-cam'
