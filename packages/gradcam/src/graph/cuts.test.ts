/** @file Tests of cuts.ts, on small graphs by hand, and against leaving each tensor out of random ones. */
import { array, assert, nat, property } from 'fast-check'
import { expect, test } from 'vitest'
import { cutsOf } from './cuts.ts'
import type { Way } from './reach.ts'

const way = (from: string, to: string): Way => ({ from: [...from.split(' ')], to: to.split(' ') })

test('a sum behind two branches is a cut, and neither branch', () => {
  const isCut = cutsOf(['x'], [way('x', 'a'), way('a', 'b'), way('a', 'c'), way('b c', 'sum'), way('sum', 'y')])
  expect(['x', 'a', 'b', 'c', 'sum', 'y'].filter((name) => isCut(name, ['y']))).toEqual(['a', 'sum', 'y'])
})

test('a way past a tensor, from another image, is a way', () => {
  const isCut = cutsOf(['x', 'z'], [way('x', 'a'), way('a z', 'y')])
  expect([isCut('a', ['y']), isCut('y', ['y'])]).toEqual([false, true])
})

test('what no way leads to is cut by anything', () => {
  expect(cutsOf(['x'], [way('w', 'y')])('a', ['y'])).toBe(true)
})

/** Whether the ends are out of reach once a tensor is left out. */
function leftOut(images: readonly string[], ways: readonly Way[], name: string, ends: readonly string[]): boolean {
  const seen = new Set(images)
  for (const { from, to } of ways) if (from.some((each) => seen.has(each))) for (const each of to) if (each !== name) seen.add(each)
  return !ends.some((end) => seen.has(end))
}

test('as leaving each tensor out tells', () => {
  // node i reads some of the tensors before it
  const graphs = array(array(nat(), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 14 })
  assert(
    property(graphs, nat(), (reads, last) => {
      const ways = reads.map((from, i): Way => ({ from: from.map((each) => `t${each % (i + 2)}`), to: [`t${i + 2}`] }))
      const images = ['t0']
      const ends = [`t${reads.length + 1}`, `t${2 + (last % reads.length)}`]
      const isCut = cutsOf(images, ways)
      for (let i = 2; i < reads.length + 2; i++) expect(isCut(`t${i}`, ends)).toBe(leftOut(images, ways, `t${i}`, ends))
    }),
  )
})
