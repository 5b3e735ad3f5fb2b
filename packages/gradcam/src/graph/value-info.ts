/** @file What a model declares of its inputs and outputs, as messages. */
import { create } from '@bufbuild/protobuf'
import {
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf'
import { dataTypeOf } from '../io/onnx-tensor.ts'
import type { Shape, Value } from './graph.ts'

export function infoOf(value: Value): ValueInfoProto {
  return withShape(
    create(ValueInfoProtoSchema, {
      name: value.name,
      type: create(TypeProtoSchema, {
        value: { case: 'tensorType', value: create(TypeProto_TensorSchema, { elemType: dataTypeOf(value.type) }) },
      }),
    }),
    value.shape,
  )
}

/** The same, with another shape. */
export function withShape(info: ValueInfoProto, shape: Shape): ValueInfoProto {
  const kind = info.type?.value
  const elemType = kind?.case === 'tensorType' ? kind.value.elemType : dataTypeOf('float32')
  const dim = shape.map((d) =>
    create(TensorShapeProto_DimensionSchema, {
      value: typeof d === 'number' ? { case: 'dimValue', value: BigInt(d) } : { case: 'dimParam', value: d },
    }),
  )
  const tensor = create(TypeProto_TensorSchema, { elemType, shape: create(TensorShapeProtoSchema, { dim }) })
  return create(ValueInfoProtoSchema, { name: info.name, type: create(TypeProtoSchema, { value: { case: 'tensorType', value: tensor } }) })
}
