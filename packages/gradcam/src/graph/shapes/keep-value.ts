/** @file Values of shape arithmetic: those that the batch does not change, and those that grow image by image. */
import type { Tensor } from '../../core/tensor.ts'
import type { Knowledge } from '../tensor-info.ts'

/** Keeps a value of shape arithmetic, by what it is with one image and with two. */
export function keepValue(known: Knowledge, name: string, one: Tensor | undefined, two: Tensor | undefined): void {
  if (!one || !two) return
  if (sameTensor(one, two)) known.constants.set(name, one)
  else {
    const stride = strideOf(one, two)
    if (stride !== undefined) known.perImage.set(name, { first: one, stride })
  }
}

function sameTensor(a: Tensor, b: Tensor): boolean {
  if (a.dims.length !== b.dims.length || a.data.length !== b.data.length) return false
  return a.dims.every((dim, i) => dim === b.dims[i]) && (a.data as Float32Array).every((value, i) => Object.is(value, b.data[i]))
}

/** By how much the numbers of a second image are above those of the first, where it is one whole number and all else is the same. */
function strideOf(one: Tensor, two: Tensor): number | undefined {
  const sameShape =
    one.dims.length > 0 && two.dims.length === one.dims.length && two.dims.every((dim, i) => dim === (i === 0 ? 2 : one.dims[i]))
  if (one.dims[0] !== 1 || !sameShape || (one.type !== 'int64' && one.type !== 'int32')) return undefined
  const [a, b] = [one, two].map(({ data }) => Array.from(data as ArrayLike<number | bigint>, Number)) as [number[], number[]]
  const stride = (b[a.length] ?? 0) - (a[0] ?? 0)
  return a.every((value, i) => b[i] === value && b[a.length + i] === value + stride) ? stride : undefined
}
