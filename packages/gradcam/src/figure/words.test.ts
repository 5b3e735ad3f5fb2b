import { expect, test } from 'vitest'
import { scoreText, shortDetails } from './words.ts'

test('details that are said in a word', () => {
  const details = {
    rSquared: 0.87123,
    samples: 1000,
    converged: true,
    noiseLevel: 0.15,
    small: 1.23456e-7,
    weights: [1],
    how: 'x'.repeat(41),
    by: 'slic',
  }
  expect(shortDetails(details)).toEqual([
    ['R²', '0.8712'],
    ['samples', '1000'],
    ['converged', 'yes'],
    ['noise level', '0.15'],
    ['small', '1.23e-7'],
    ['by', 'slic'],
  ])
  expect(shortDetails(undefined)).toEqual([])
})

test('scores: two digits, three where two would say 0 or 1', () => {
  const text = (score: number): string => scoreText({ score, scoreKind: 'probability' })
  expect([0.5, 0.999, 0.0042, 0.0001, 0, 1].map(text)).toEqual(['0.50', '0.999', '0.004', '< 0.001', '0.000', '1.000'])
  expect(scoreText({ score: -12.345, scoreKind: 'value' })).toBe('-12.3')
})
