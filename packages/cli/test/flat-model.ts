/** @file A classifier without any spatial features: image → Flatten → MatMul. */
import { create, toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema, TensorProto_DataType } from 'onnx-buf'

const FLOAT = TensorProto_DataType.FLOAT

function port(name: string, dims: readonly number[]) {
  const dim = dims.map((d) => ({ value: { case: 'dimValue' as const, value: BigInt(d) } }))
  return { name, type: { value: { case: 'tensorType' as const, value: { elemType: FLOAT, shape: { dim } } } } }
}

/** The model's file: image [1, 3, 4, 4] → scores [1, 2]. */
export const flatModel = (): Uint8Array =>
  toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [{ domain: '', version: 13n }],
      graph: {
        name: 'flat',
        input: [port('image', [1, 3, 4, 4])],
        output: [port('scores', [1, 2])],
        initializer: [{ name: 'w', dims: [48n, 2n], dataType: FLOAT, floatData: Array.from({ length: 96 }, (_, i) => i / 96) }],
        node: [
          { opType: 'Flatten', name: 'flatten', input: ['image'], output: ['row'] },
          { opType: 'MatMul', name: 'matmul', input: ['row', 'w'], output: ['scores'] },
        ],
      },
    }),
  )
