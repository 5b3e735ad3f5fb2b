/** @file `gradcam gradient --rules`: a name that no table has is refused before anything is read, and the nearest are named. */
import { expect, test } from 'vitest'
import { exitCodeOf, reasonOf, withSuggestions } from '../errors.ts'
import { createProgram } from '../program.ts'

test('an unknown rule table', async () => {
  const args = [
    'gradient',
    '--input',
    'x=missing.npy',
    '--of',
    'y',
    '--wrt',
    'x',
    '--index',
    '0',
    '--out',
    'g.npy',
    '--rules',
    'lrp-epsilom',
  ]
  const error: unknown = await createProgram()
    .parseAsync(args, { from: 'user' })
    .catch((reason: unknown) => reason)
  expect(reasonOf(await withSuggestions(error))).toMatchObject({ code: 'bad-option', message: 'unknown --rules: lrp-epsilom' })
  expect(reasonOf(error).hint).toMatch(/^did you mean lrp-epsilon/)
  expect(exitCodeOf(error)).toBe(2)
})
