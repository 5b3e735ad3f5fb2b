/** @file Every flag of every command: what the commands' options and help are made of, and the flags that messages name. */
import type { Device } from 'gradcam'
import type { Flags, FlagValues } from './flag.ts'
import {
  atHome,
  count,
  countOrNone,
  fraction,
  indices,
  names,
  number,
  levelWindow,
  numbers,
  quotient,
  repeated,
  resizing,
  seed,
  setting,
  size,
  target,
} from './parse.ts'

const model = {
  model: {
    short: 'm',
    value: '<folder|file>',
    help: 'network: a folder with onnx/model.onnx and config.json, or an .onnx file (default: the embedded one)',
    parse: atHome,
  },
} as const satisfies Flags

/** What a person says of the network, in place of what the model and the files beside it say. */
const about = {
  labels: {
    value: '<file|imagenet>',
    help: "names of the classes: a file with one a line or JSON, or ImageNet's 1000 (default: what the model or a file beside it says)",
    parse: atHome,
  },
  task: {
    help: 'what the network is for: {} (default: what files and outputs tell)',
    choices: ['classification', 'multi-label', 'regression', 'detection', 'segmentation', 'depth', 'keypoints', 'embedding', 'sequence'],
  },
  preprocessing: {
    value: '<name|file.json>',
    help: 'how photos are prepared: torchvision, caffe, inception, clip, none, or a file (default: what files and graph tell; see gradcam inspect)',
    parse: atHome,
  },
  window: {
    value: '<auto|low,high>',
    help: "levels of the photo's file that become black and white, as in 0,4095; auto: its own extremes (default: 16 bits without their low byte)",
    parse: levelWindow,
  },
  size: {
    value: '<n|WxH>',
    help: "input size, where the network leaves it free: larger gives a finer map (default: the network's own)",
    parse: size,
  },
  resize: {
    value: '<squeeze|crop|letterbox|none|n>',
    help: 'how a photo gets that size: the whole photo squeezed, its middle, the whole with grey bars; a number is its shorter side',
    parse: resizing,
  },
  crop: { value: '<n|WxH>', help: 'cut this out of the middle after resizing', parse: size },
  scale: { value: '<factor>', help: 'factor on pixels 0 … 255, before mean and deviation, as in 1/255', parse: quotient },
  mean: { value: '<m|r,g,b>', help: 'subtracted after scaling, one for each channel in the order of the network', parse: numbers },
  std: { value: '<s|r,g,b>', help: 'divided by after that', parse: numbers },
  channels: { help: 'order of channels: {} (default: rgb)', choices: ['rgb', 'bgr', 'grey'] },
  layout: { help: 'where the channels of the input are: {} (default: what the graph tells)', choices: ['nchw', 'nhwc'] },
  imageInput: { value: '<name>', help: 'input that takes the photo (default: the one that most speaks for)' },
} as const satisfies Flags

const engine = {
  cache: { help: 'keep nothing of the model on disk for the next command', off: true },
  threads: { value: '<n>', help: 'threads inside one operator (default: one per core)', parse: count },
  workers: {
    value: '<n>',
    help: 'how many runs of a method go side by side, on one thread each; 0: none (default: one per core, as far as memory has room)',
    parse: countOrNone,
  },
  engine: {
    help: "native: fast; wasm: a browser's numbers to the last bit (default: native)",
    choices: ['native', 'wasm'],
  },
  device: {
    value: '<name>',
    help: 'where the native engine runs: cpu, webgpu, cuda, dml, coreml, as far as the platform has it (default: cpu)',
    // what there is hangs on the build: the library tells
    parse: (text: string): Device => text as Device,
  },
} as const satisfies Flags

/** Those of commands that show photos to a network. */
const running = {
  ...engine,
  ...about,
  input: {
    value: '<NAME=FILE>',
    help: 'a further input of the network: .npy, .pb or, for an image, a photo; repeatable',
    parse: repeated(String),
  },
  maxPixels: { value: '<n>', help: 'refuse photos with more pixels (default: 100 million)', parse: count },
} as const satisfies Flags

export const globalFlags = { debug: { help: 'print the stack of errors' } } as const satisfies Flags

export const explainFlags = {
  ...model,
  target: {
    short: 't',
    value: '<target>',
    help: 'what to explain, see below; repeatable (default: top-1, of a detector box:top-1)',
    parse: repeated(target),
  },
  targets: { value: '<file.json>', help: 'a target for each photo: {"photo.jpg": "box:dog", …}', parse: atHome },
  output: {
    short: 'o',
    value: '<file|folder|->',
    help: 'figure: .png, .jpg, .webp, - for stdout; a folder for several photos (default: <photo>.gradcam.png here, unless another result is asked for)',
    parse: atHome,
  },
  method: { value: '<names>', help: 'see gradcam methods; side by side: repeat, or a,b (default: grad-cam)', parse: repeated(names) },
  set: { value: '<name=value>', help: 'an option of the method, see gradcam methods <name>; repeatable', parse: repeated(setting) },
  augment: { help: 'average over versions of the photo: {} (default: none)', choices: ['none', 'flip', 'flip+scale'] },
  noise: { value: '<n>', help: 'average over that many noisy versions of the photo (default: 0)', parse: countOrNone },
  noiseLevel: { value: '<part>', help: "standard deviation of that noise, as a part of the input's range (default: 0.15)", parse: number },
  seed: { value: '<n>', help: 'seed of everything random (default: 1)', parse: seed },
  featureLayer: { value: '<tensor>', help: 'layer whose map is shown; repeatable (default: see gradcam layers)', parse: repeated(String) },
  fusion: { help: 'maps of several feature layers: {} (default: mean)', choices: ['mean', 'max', 'product', 'layer-cam'] },
  preset: { help: 'finish maps as another library does: {}', choices: ['matlab', 'pytorch-grad-cam', 'torchcam', 'captum'] },
  reductionLayer: { value: '<tensor>', help: 'layer whose score is explained (default: the logits)' },
  activation: { help: "after the channels' sum: {} (default: relu; none with --normalize symmetric)", choices: ['relu', 'none', 'abs'] },
  upsample: { help: '{} (default: bicubic)', choices: ['bicubic', 'bilinear', 'nearest', 'none'] },
  normalize: { help: '{} (default: minmax, unless the method has its own)', choices: ['minmax', 'max', 'percentile', 'symmetric', 'none'] },
  colormap: { value: '<name>', help: 'see gradcam colormaps (default: jet; blue-red for signed maps)' },
  alpha: { value: '<0..1>', help: 'how much the map covers the photo (default: 0.5)', parse: fraction },
  colorScale: { help: 'colour scale of several maps, each its own or one for all: {} (default: own)', choices: ['own', 'shared'] },
  contours: { value: '<levels>', help: 'draw lines at these parts of the maximum, as in 0.25,0.5', parse: numbers },
  box: { help: 'draw the box of the largest part over 15 % of the maximum' },
  title: { off: true, help: 'leave out the line with label and score' },
  legend: { off: true, help: 'leave out the colour bar' },
  maxSize: { value: '<pixels>', help: 'longest side of the figure (default: as large as the photo)', parse: count },
  saveMap: { value: '<m.npy|folder|->', help: 'write the map: float32, NumPy format', parse: atHome },
  saveMask: { value: '<m.png|folder|->', help: 'write where the map is high: white on black, as large as the photo', parse: atHome },
  maskThreshold: { value: '<0..1>', help: 'what counts as high, as a part of the maximum (default: 0.15)', parse: fraction },
  report: {
    value: '<page.html|folder|->',
    help: 'write a page with photo, answers, maps, settings: one file that needs nothing else',
    parse: atHome,
  },
  json: { value: '[file]', help: 'write results as JSON: to stdout or .jsonl, one object per line; to .json, one object or a list' },
  quiet: { short: 'q', help: 'print only errors, and what - and --json send to stdout' },
  ...running,
} as const satisfies Flags

export const predictFlags = {
  ...model,
  top: { value: '<n>', help: 'how many classes', parse: count, default: 5 },
  json: { help: 'print JSON, one object per line and photo' },
  quiet: { short: 'q', help: 'print only errors, and what --json asks for' },
  ...running,
} as const satisfies Flags

export const replayFlags = {
  ...model,
  output: { short: 'o', value: '<file.png>', help: 'figure of the map as it is made now; of one explanation', parse: atHome },
  quiet: { short: 'q', help: 'print only errors' },
  ...running,
} as const satisfies Flags

export const layersFlags = {
  ...model,
  featureLayer: { value: '<tensor>', help: 'look at this feature layer' },
  reductionLayer: { value: '<tensor>', help: 'look at this reduction layer' },
  path: {
    value: '<photo>',
    help: 'follow the gradient of a photo back, node by node, with its norm: see where it vanishes',
    parse: atHome,
  },
  target: { short: 't', value: '<target>', help: 'target to follow with --path, as in gradcam explain (default: top-1)', parse: target },
  json: { help: 'print JSON' },
  ...running,
} as const satisfies Flags

export const gradientFlags = {
  ...model,
  input: { value: '<NAME=FILE>', help: 'value of an input; repeat for each', parse: repeated(String), required: true },
  of: { value: '<tensor>', help: 'tensor that is differentiated', required: true },
  index: { value: '<i>', help: 'its element: a channel (axis 1), or a whole position, comma-separated', parse: indices },
  seed: { value: '<file>', help: 'weights of all its elements, instead of --index' },
  wrt: { value: '<tensor>', help: 'tensor with respect to which', required: true },
  rules: {
    help: 'rule table: {} (default: plain)',
    choices: ['plain', 'guided-backprop', 'deconvnet', 'lrp-epsilon', 'lrp-gamma', 'lrp-z-plus', 'lrp-epsilon-plus', 'lrp-epsilon-gamma'],
  },
  out: { value: '<file>', help: 'where the gradient goes', required: true, parse: atHome },
  quiet: { short: 'q', help: 'print only errors' },
  ...engine,
} as const satisfies Flags

export const inspectFlags = {
  ...model,
  probe: { help: 'run the network once on zeros, for shapes that it does not declare' },
  verify: { value: '<photo>', help: 'run the network on a photo with graph optimisation and without, and tell differences' },
  write: { help: 'keep what the options say in gradcam.json beside the model, which is read from then on' },
  json: { help: 'print JSON' },
  quiet: { short: 'q', help: 'print only errors and the facts' },
  ...engine,
  ...about,
} as const satisfies Flags

export const checkInputFlags = {
  ...model,
  json: { help: 'print JSON' },
  ...running,
} as const satisfies Flags

export const methodsFlags = { json: { help: 'print JSON' } } as const satisfies Flags

export type ExplainFlags = FlagValues<typeof explainFlags & typeof globalFlags>
export type PredictFlags = FlagValues<typeof predictFlags & typeof globalFlags>
export type ReplayFlags = FlagValues<typeof replayFlags & typeof globalFlags>
export type LayersFlags = FlagValues<typeof layersFlags & typeof globalFlags>
export type GradientFlags = FlagValues<typeof gradientFlags & typeof globalFlags>
export type InspectFlags = FlagValues<typeof inspectFlags & typeof globalFlags>
export type CheckInputFlags = FlagValues<typeof checkInputFlags & typeof globalFlags>
export type MethodsFlags = FlagValues<typeof methodsFlags & typeof globalFlags>
/** Those of every command that opens a network. */
export type NetworkFlags = FlagValues<typeof model & typeof engine & typeof about & Pick<typeof running, 'maxPixels'>>
