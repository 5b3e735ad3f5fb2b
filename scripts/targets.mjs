/** @file Draws the pictures of docs/targets.md: `npm run docs:targets`, or `node scripts/targets.mjs value box` for some of them. */
import { mkdirSync } from 'node:fs'
import { create, toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import { openDrawing } from './drawing.mjs'
import { root } from './setup.mjs'

const models = '../shared/models'
const graceHopper = '../shared/photos/grace-hopper.png'

/** Size and name of an axis: a number, or a word where it is free. @param {(string | number)[]} shape */
const floats = (...shape) => ({
  value: {
    case: /** @type {const} */ ('tensorType'),
    value: {
      elemType: 1,
      shape: {
        dim: shape.map((size) => ({
          value:
            typeof size === 'string'
              ? { case: /** @type {const} */ ('dimParam'), value: size }
              : { case: /** @type {const} */ ('dimValue'), value: BigInt(size) },
        })),
      },
    },
  },
})

/** The logarithm of a class's probability, as a score in an ONNX file. @param {number} index @param {number} classes */
const logProbability = (index, classes) =>
  toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [{ version: 13n }],
      graph: {
        name: 'log-probability',
        input: [{ name: 'logits', type: floats('N', classes) }],
        initializer: [{ name: 'index', dataType: 7, dims: [1n], int64Data: [BigInt(index)] }],
        node: [
          { opType: 'LogSoftmax', input: ['logits'], output: ['logs'], attribute: [{ name: 'axis', type: 2, i: 1n }] },
          { opType: 'Gather', input: ['logs', 'index'], output: ['score'], attribute: [{ name: 'axis', type: 2, i: 1n }] },
        ],
        output: [{ name: 'score', type: floats('N', 1) }],
      },
    }),
  )

/**
 * A picture for every kind of target. Photos are those that may be shown; networks from beside the repository are where the embedded one
 * has no such output.
 *
 * @type {Record<string, import('./drawing.mjs').Drawing>}
 */
const drawings = {
  class: { photo: 'coffee.png', options: { target: 'espresso' } },
  classes: { photo: 'cat-chelsea.png', options: { target: 'sum:tabby, tabby cat|tiger cat|Egyptian cat' } },
  difference: { photo: 'astronaut.png', options: { target: 'difference:football helmet|space shuttle' } },
  against: { photo: 'astronaut.png', options: { target: 'against:space shuttle' } },
  value: {
    ...{ photo: 'astronaut.png', model: `${models}/headpose-fsanet`, crop: [150, 40, 150] },
    options: { target: 'value:yaw', method: 'saliency' },
  },
  region: { photo: 'astronaut.png', model: `${models}/segmentation-pan`, options: { target: 'region:clothes' } },
  box: { photo: 'astronaut.png', model: `${models}/detection-fastestdet`, options: { target: 'box:person' } },
  similar: {
    ...{ photo: 'astronaut.png', reference: graceHopper },
    options: { target: { kind: 'similar', to: { file: `${root}${graceHopper}` }, tensor: 'embedding' } },
  },
  expression: { photo: 'coffee.png', options: { target: 'expression:logits[967] - mean(logits)' } },
  onnx: { photo: 'coffee.png', options: { target: { kind: 'onnx', model: logProbability(967, 1000) } } },
}

mkdirSync(`${root}docs/images/targets`, { recursive: true })
const { draw, close } = await openDrawing()
const wanted = process.argv.slice(2)
for (const [kind, drawing] of Object.entries(drawings))
  if (wanted.length === 0 || wanted.includes(kind)) await draw(`targets/${kind}`, drawing)
await close()
