/** @file Trigonometric and hyperbolic functions and their inverses. */
import type { Builder } from '../../graph/emit.ts'
import type { Value } from '../../graph/graph.ts'
import { elementwise } from './elementwise.ts'

const square = (g: Builder, x: Value): Value => g.mul(x, x)
const inverseRoot = (g: Builder, x: Value): Value => g.div(1, g.unary('Sqrt', x))
/** 1 − x² without cancellation near ±1 */
const oneMinusSquare = (g: Builder, x: Value): Value => g.mul(g.sub(1, x), g.add(x, 1))

export const Sin = elementwise(({ g, x }) => g.unary('Cos', x))
export const Cos = elementwise(({ g, x }) => g.neg(g.unary('Sin', x)))
export const Tan = elementwise(({ g, y }) => g.add(square(g, y), 1))

export const Asin = elementwise(({ g, x }) => inverseRoot(g, oneMinusSquare(g, x)))
export const Acos = elementwise(({ g, x }) => g.neg(inverseRoot(g, oneMinusSquare(g, x))))
export const Atan = elementwise(({ g, x }) => g.div(1, g.add(square(g, x), 1)))

export const Sinh = elementwise(({ g, x }) => g.unary('Cosh', x))
export const Cosh = elementwise(({ g, x }) => g.unary('Sinh', x))

export const Asinh = elementwise(({ g, x }) => inverseRoot(g, g.add(square(g, x), 1)))
export const Acosh = elementwise(({ g, x }) => inverseRoot(g, g.mul(g.sub(x, 1), g.add(x, 1))))
export const Atanh = elementwise(({ g, x }) => g.div(1, oneMinusSquare(g, x)))
