/** @file KPCA-CAM: the first component of a kernel principal component analysis of the features. */
import { defineMethod } from '../definition.ts'
import { centred, leadingVector, risingWith } from './principal.ts'
import { numberOption } from '../options.ts'

/**
 * L = √λ₁·u₁ of the doubly centred kernel matrix of the places, K_ij = tanh(⟨x_i, x_j⟩/C + 1), x the centred features (Karmani et
 * al. 2024, arXiv:2410.00267; kernel and constants as in pytorch-grad-cam). The sign is the one that correlates with Σ_c |A_c|.
 */
export const kpcaCam = defineMethod({
  name: 'kpca-cam',
  title: 'KPCA-CAM',
  family: 'cam',
  source: 'Karmani et al. 2024, arXiv:2410.00267',
  options: {
    gamma: numberOption(0, [0, 1e6], 'factor of the scalar products in the kernel; 0 for 1/channels'),
  },
  map({ g, activations }, { gamma }) {
    const channels = Number(activations.shape[1])
    const rows = centred(g, activations) // [N, C, Z]
    const products = g.matmul(g.transpose(rows, [0, 2, 1]), rows)
    const kernel = g.unary('Tanh', g.add(g.mul(products, gamma || 1 / channels), 1))
    const half = g.sub(kernel, g.mean(kernel, [1]))
    const matrix = g.sub(half, g.mean(half, [2])) // [N, Z, Z]
    // this kernel has negative eigenvalues: with Frobenius' norm added to all of them the largest is also the largest in size
    const places = matrix.shape[1] as number
    const norm = g.unary('Sqrt', g.sum(g.mul(matrix, matrix), [1, 2]))
    const eye = Float32Array.from({ length: places ** 2 }, (_, i) => (i % (places + 1) === 0 ? 1 : 0))
    const shifted = g.add(matrix, g.mul(norm, g.floats(eye, [1, places, places], matrix.type)))
    const vector = leadingVector(g, shifted) // [N, Z, 1]
    const value = g.sum(g.mul(vector, g.matmul(matrix, vector)), [1])
    const map = g.mul(vector, g.unary('Sqrt', g.relu(value)))
    return risingWith(g, g.reshape(map, [activations.shape[0] ?? 1, ...activations.shape.slice(2)]), activations)
  },
})
