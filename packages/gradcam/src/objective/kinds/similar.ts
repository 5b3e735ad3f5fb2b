/** @file How like a reference an image is: cosine of the angle between their embeddings. */
import { GradcamError } from '../../core/errors.ts'
import { type Dim, shapeText } from '../../graph/graph.ts'
import { float32, sizeOf, type Tensor, toFloat32 } from '../../core/tensor.ts'
import { type ObjectiveContext, tensorNamed } from '../context.ts'
import { isFile, isNumbers, isObject, isTensor, oneOf, text, that } from '../fields.ts'
import type { FileRef, ObjectiveKind } from '../kind.ts'
import type { Objective } from '../objective.ts'
import { badTarget, notRead } from '../refusal.ts'

/** How like a reference the embedding is. */
export interface SimilarSpec {
  kind: 'similar'
  /** The reference's embedding, a photo of it, or the same preprocessed. */
  to: ArrayLike<number> | FileRef | { image: Tensor; name?: string }
  /** Tensor with the embedding. Default: the reduction layer. */
  tensor?: string
  /** Default: `cosine`. */
  measure?: 'cosine' | 'dot'
}

const isReference = (value: unknown): boolean => isNumbers(value) || isFile(value) || (isObject(value) && isTensor(value['image']))

export const similarKind: ObjectiveKind<SimilarSpec> = {
  kind: 'similar',
  fields: {
    'to!': that(isReference, 'is a list of numbers, {file}, or {image}, a tensor whose data fill its shape'),
    tensor: text,
    measure: oneOf('cosine', 'dot'),
  },
  words: { similar: (rest) => ({ kind: 'similar', to: { file: rest } }) },
  help: [['similar:photo.jpg', 'likeness of embeddings']],
  async readFiles(spec, files) {
    if (!('file' in spec.to)) return spec
    const { file } = spec.to
    // numbers are a preprocessed image where they have four dimensions, else an embedding
    const tensor = await files.tensor(file)
    const name = file.split(/[/\\]/).at(-1) ?? file
    const to = tensor && tensor.dims.length !== 4 ? toFloat32(tensor) : { image: await files.prepared(file), name }
    return { ...spec, to } as SimilarSpec
  },
  make: async (spec, context) => [await similarObjective(spec, context)],
}

/** y = e·r / (|e| |r|), or e·r; the same for all images. */
async function similarObjective({ to, tensor, measure = 'cosine' }: SimilarSpec, context: ObjectiveContext): Promise<Objective> {
  const of = tensorNamed(context, tensor ?? context.reduction)
  const size = sizeOf(of.shape.slice(1).map(Number))
  const values = await referenceOf(to, of.name, context)
  if (values.length !== size)
    throw new GradcamError(
      'shape-mismatch',
      `the reference has ${values.length} values, ${of.name} ${shapeText(of.shape)} has ${size} an image`,
      {
        hint: 'give an embedding of the same tensor, or an image',
      },
    )
  const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
  if (!(norm > 0 && Number.isFinite(norm)))
    throw badTarget(`the length of the reference is ${norm}`, 'give an embedding of finite numbers, not all of them zero')
  const reference = measure === 'cosine' ? values.map((value) => value / norm) : values
  return {
    key: `${measure} ${of.name}`,
    label: 'name' in to && typeof to.name === 'string' ? `similar to ${to.name}` : 'similar to the reference',
    reads: [of.name],
    feeds: { reference: float32(reference, [1, size]) },
    score({ g, read, parameter }) {
      const x = read(of.name)
      const e = g.reshape(x, [x.shape[0] as Dim, size])
      const product = g.sum(g.mul(e, g.cast(parameter('reference'), x.type)), [1], false)
      return measure === 'dot' ? product : g.div(product, g.unary('Sqrt', g.sum(g.mul(e, e), [1], false)))
    },
  }
}

async function referenceOf(to: SimilarSpec['to'], tensor: string, { look, images }: ObjectiveContext): Promise<Float32Array> {
  if ('file' in to) throw notRead(to.file)
  if (!('image' in to)) return Float32Array.from(to)
  const looked = (await look([tensor], to.image))[tensor]
  const values = looked ? toFloat32(looked) : new Float32Array()
  // a fixed batch is filled with copies
  return values.slice(0, values.length / Math.max(1, looked?.dims[0] ?? images))
}
