/** @file Outputs of detectors that keep as many boxes as are left: they have no batch axis, as all of them belong to the one image. */
import { sizesFromData } from '../graph/data-sized.ts'
import { type DeclaredTensor, isFloat, type Shape } from '../graph/graph.ts'
import type { Model } from '../graph/model.ts'
import type { ImageInputFacts } from './choose-image.ts'

/** Boxes [n, 4] beside scores and numbers of classes [n], or rows [n, 6], with whatever else is given for each of them. */
export function withoutBatch({ graph }: Pick<Model, 'graph'>, { shape: image }: Pick<ImageInputFacts, 'shape'>): DeclaredTensor[] {
  const batch = image?.length === 4 ? image[0] : 1
  const bare = graph.outputs.filter(({ shape }) => shape !== undefined && shape.length > 0 && isCount(shape[0], batch))
  const own = (of: (output: DeclaredTensor) => boolean): boolean => bare.some(of)
  const isRow = ({ type, shape }: DeclaredTensor, from: number, to: number): boolean =>
    type !== undefined && isFloat(type) && shape?.length === 2 && typeof shape[1] === 'number' && shape[1] >= from && shape[1] <= to
  const list = (float: boolean) => (output: DeclaredTensor) =>
    output.shape?.length === 1 && output.type !== undefined && isFloat(output.type) === float
  // suppression that keeps a fixed number of boxes counts nothing
  const counted = sizesFromData(graph)
  const parts = own((each) => isRow(each, 4, 5)) && own(list(false)) && (own(list(true)) || own((each) => isRow(each, 5, 5)))
  // a batch by another name looks like a number of boxes
  const sure = counted || bare.every(({ shape }) => typeof shape?.[0] === 'number')
  if ((parts && sure) || (counted && own((each) => isRow(each, 6, 7))) || areFaces(bare)) return bare
  return []
}

/** SCRFD's scores [A, 1], distances [A, 4] and perhaps points [A, 10] of three strides, and nothing else. */
function areFaces(bare: readonly DeclaredTensor[]): boolean {
  const columns = bare.map(({ shape }) => (shape?.length === 2 ? shape[1] : undefined)).toSorted((a, b) => Number(a) - Number(b))
  return /^1,1,1,4,4,4(,10,10,10)?$/.test(columns.join())
}

const isCount = (dim: Shape[number] | undefined, batch: Shape[number] | undefined): boolean =>
  typeof dim === 'number' ? dim !== 1 && dim !== batch : dim !== batch || dim === ''

/** The facts of an image of which there can be one alone, since as many boxes of any number of images would be no batch. */
export function oneAtATime<T extends ImageInputFacts>(model: Pick<Model, 'graph'>, input: T): T {
  const { batch } = input.image
  if (batch !== undefined || sizesFromData(model.graph) || withoutBatch(model, input).length === 0) return input
  return { ...input, image: { ...input.image, batch: 1 } }
}
