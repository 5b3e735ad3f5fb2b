/** @file How like a reference a picture is: cosine of the angle between their embeddings. */
import { GradcamError } from '../errors.ts'
import { type Dim, shapeText } from '../graph/graph.ts'
import { float32, sizeOf, toFloat32 } from '../tensor.ts'
import type { Aim } from './aim.ts'
import { type TargetContext, tensorNamed } from './context.ts'
import type { SimilarTarget } from './spec.ts'

/** y = e·r / (|e| |r|), or e·r; the same for all pictures. */
export async function similarityAim({ to, tensor, measure = 'cosine' }: SimilarTarget, context: TargetContext): Promise<Aim> {
  const of = tensorNamed(context, tensor ?? context.reduction)
  const size = sizeOf(of.shape.slice(1).map(Number))
  const values = await referenceOf(to, of.name, context)
  if (values.length !== size) {
    throw new GradcamError(
      'shape-mismatch',
      `the reference has ${values.length} values, ${of.name} ${shapeText(of.shape)} has ${size} a picture`,
      {
        hint: 'give an embedding of the same tensor, or a picture',
      },
    )
  }
  const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
  if (!(norm > 0 && Number.isFinite(norm))) {
    throw new GradcamError('bad-target', `the length of the reference is ${norm}`, {
      hint: 'give an embedding of finite numbers, not all of them zero',
    })
  }
  const reference = measure === 'cosine' ? values.map((value) => value / norm) : values
  return {
    key: `${measure} ${of.name}`,
    label: 'name' in to && typeof to.name === 'string' ? `similar to ${to.name}` : 'similar to the reference',
    index: undefined,
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

async function referenceOf(to: SimilarTarget['to'], tensor: string, { look, pictures }: TargetContext): Promise<Float32Array> {
  if ('file' in to)
    throw new GradcamError('bad-target', `the reference ${to.file} was not read`, {
      hint: 'give numbers or {picture}; gradcam/node reads files',
    })
  if (!('picture' in to)) return Float32Array.from(to)
  const looked = (await look([tensor], to.picture))[tensor]
  const values = looked ? toFloat32(looked) : new Float32Array()
  // a fixed batch is filled with copies
  return values.slice(0, values.length / Math.max(1, looked?.dims[0] ?? pictures))
}
