/** @file Labels that do not fit: what is inspected and what is explained say it in the same words. */
import { expect, test } from 'vitest'
import { headedBytes, images } from '../support/small-nets.ts'
import { open } from '../support/colours.ts'

test.each([
  [['a', 'b', 'c'], true],
  [['a', 'b', 'c', 'd', 'e'], false],
])('%j of five classes', async (labels, said) => {
  const network = await open(headedBytes(1), { labels })
  const why = await network.explain(images(1), { target: 1 })
  const ofContract = (await network.inspect()).warnings.filter(({ code }) => code === 'labels-mismatch')
  expect(ofContract).toHaveLength(said ? 1 : 0)
  expect(why.warnings.filter(({ code }) => code === 'labels-mismatch')).toEqual(ofContract)
})
