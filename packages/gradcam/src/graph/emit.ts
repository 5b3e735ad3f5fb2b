/** @file The node builder: what rules, methods and objectives write nodes with. */
import { arithmetic } from './builder/arithmetic.ts'
import type { Builder, DimSource } from './builder/builder.ts'
import { createEmitter } from './builder/emission.ts'
import { pieces } from './builder/pieces.ts'
import { reductions } from './builder/reductions.ts'
import { shapes } from './builder/shapes.ts'

export type { AttributeValue, Builder, DimSource, Emission, Operand } from './builder/builder.ts'
export { attributeOf } from './builder/emission.ts'

/** Creates a builder. All names it makes begin with `prefix`, which no tensor of the model may share. */
export function createBuilder(opset: number, prefix: string, dimSource: DimSource): Builder {
  const emitter = createEmitter(opset, prefix)
  const numbers = arithmetic(emitter)
  const forms = shapes(emitter, numbers, dimSource)
  return { ...emitter, ...numbers, ...forms, ...pieces(emitter), ...reductions(emitter, forms) }
}
