/** @file Networks of known sizes with random weights: ResNet-50 and MobileNetV2 as exporters write them, built here so that the benchmark needs no download. */
import { create, toBinary } from '@bufbuild/protobuf'
import { AttributeProto_AttributeType as Kind, ModelProtoSchema, TensorProto_DataType } from 'onnx-buf'

/** A small, fast generator (mulberry32): the same weights every time. @param {number} seed */
function randomOf(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Collects nodes and weights. @param {number} seed */
function network(seed) {
  const random = randomOf(seed)
  /** @type {object[]} */
  const nodes = []
  /** @type {object[]} */
  const initializers = []
  let count = 0
  /** @param {number[]} dims @param {number} scale */
  const weight = (dims, scale) => {
    const size = dims.reduce((a, b) => a * b, 1)
    const data = new Float32Array(size)
    for (let i = 0; i < size; i++) data[i] = (random() * 2 - 1) * scale
    const name = `weight_${count++}`
    initializers.push({ name, dims: dims.map(BigInt), dataType: TensorProto_DataType.FLOAT, rawData: new Uint8Array(data.buffer) })
    return name
  }
  /** @param {number} value */
  const scalar = (value) => {
    const name = `scalar_${count++}`
    initializers.push({ name, dims: [], dataType: TensorProto_DataType.FLOAT, rawData: new Uint8Array(Float32Array.of(value).buffer) })
    return name
  }
  /** @param {string} name @param {number | number[]} value */
  const attribute = (name, value) =>
    Array.isArray(value) ? { name, type: Kind.INTS, ints: value.map(BigInt) } : { name, type: Kind.INT, i: BigInt(value) }
  /** @param {string} opType @param {string[]} input @param {Record<string, number | number[]>} [attributes] @param {string} [name] */
  const node = (opType, input, attributes = {}, name = `${opType.toLowerCase()}_${count++}`) => {
    nodes.push({ opType, name, input, output: [name], attribute: Object.entries(attributes).map(([key, value]) => attribute(key, value)) })
    return name
  }
  /** @param {string} x @param {number} inputs @param {number} outputs @param {number} kernel @param {number} stride @param {number} group */
  const conv = (x, inputs, outputs, kernel, stride, group = 1) => {
    const fan = (inputs / group) * kernel * kernel
    const pad = (kernel - 1) / 2
    return node('Conv', [x, weight([outputs, inputs / group, kernel, kernel], Math.sqrt(6 / fan) * 0.9), weight([outputs], 0.1)], {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
      group,
    })
  }
  /** @param {string} features @param {number} channels */
  const head = (features, channels) => {
    const pooled = node('Flatten', [node('GlobalAveragePool', [features])], { axis: 1 })
    return node('Gemm', [pooled, weight([1000, channels], 0.05), weight([1000], 0.1)], { transB: 1 }, 'logits')
  }
  const model = () =>
    toBinary(
      ModelProtoSchema,
      create(ModelProtoSchema, {
        irVersion: 8n,
        opsetImport: [{ domain: '', version: 17n }],
        graph: {
          name: 'bench',
          node: nodes,
          initializer: initializers,
          input: [port('input', ['N', 3, 224, 224])],
          output: [port('logits', ['N', 1000])],
        },
      }),
    )
  return { scalar, node, conv, head, model }
}

/** @param {string} name @param {(number | string)[]} shape */
function port(name, shape) {
  const dim = shape.map((d) => ({
    value:
      typeof d === 'number'
        ? { case: /** @type {const} */ ('dimValue'), value: BigInt(d) }
        : { case: /** @type {const} */ ('dimParam'), value: d },
  }))
  return {
    name,
    type: { value: { case: /** @type {const} */ ('tensorType'), value: { elemType: TensorProto_DataType.FLOAT, shape: { dim } } } },
  }
}

/** ResNet-50 (He et al. 2015), batch normalisation folded: 25.6 M parameters, 4.1 G multiply-adds. */
export function resnet50() {
  const n = network(50)
  const relu = (/** @type {string} */ x) => n.node('Relu', [x])
  let x = relu(n.conv('input', 3, 64, 7, 2))
  x = n.node('MaxPool', [x], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] })
  let channels = 64
  for (const [stage, blocks] of [3, 4, 6, 3].entries()) {
    const width = 64 << stage
    for (let block = 0; block < blocks; block++) {
      const stride = block === 0 && stage > 0 ? 2 : 1
      const shortcut = block === 0 ? n.conv(x, channels, width * 4, 1, stride) : x
      const inner = relu(n.conv(relu(n.conv(x, channels, width, 1, 1)), width, width, 3, stride))
      x = relu(n.node('Add', [n.conv(inner, width, width * 4, 1, 1), shortcut]))
      channels = width * 4
    }
  }
  n.head(x, channels)
  return n.model()
}

/** Table 2 of the paper: expansion, channels, repetitions, stride of the first. */
const mobilenetStages = [
  { expand: 1, width: 16, blocks: 1, first: 1 },
  { expand: 6, width: 24, blocks: 2, first: 2 },
  { expand: 6, width: 32, blocks: 3, first: 2 },
  { expand: 6, width: 64, blocks: 4, first: 2 },
  { expand: 6, width: 96, blocks: 3, first: 1 },
  { expand: 6, width: 160, blocks: 3, first: 2 },
  { expand: 6, width: 320, blocks: 1, first: 1 },
]

/** MobileNetV2 1.0 (Sandler et al. 2018), batch normalisation folded: 3.5 M parameters, 0.3 G multiply-adds. */
export function mobilenetV2() {
  const n = network(2)
  const low = n.scalar(0)
  const high = n.scalar(6)
  const relu6 = (/** @type {string} */ x) => n.node('Clip', [x, low, high])
  let x = relu6(n.conv('input', 3, 32, 3, 2))
  let channels = 32
  for (const { expand, width, blocks, first } of mobilenetStages) {
    for (let block = 0; block < blocks; block++) {
      const stride = block === 0 ? first : 1
      const wide = channels * expand
      const inner = expand === 1 ? x : relu6(n.conv(x, channels, wide, 1, 1))
      const out = n.conv(relu6(n.conv(inner, wide, wide, 3, stride, wide)), wide, width, 1, 1)
      x = stride === 1 && channels === width ? n.node('Add', [x, out]) : out
      channels = width
    }
  }
  n.head(relu6(n.conv(x, 320, 1280, 1, 1)), 1280)
  return n.model()
}
