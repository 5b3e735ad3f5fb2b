/** @file Tables, colours, the bar of runs. */
import { expect, test } from 'vitest'
import { colors, runBar, table } from './terminal.ts'

test('columns are aligned, numbers to the right', () => {
  const rows = [
    ['0.900', 'espresso', '194'],
    ['0.050', 'cup', '1'],
  ]
  expect(table(rows)).toBe('0.900  espresso  194\n0.050  cup         1\n')
})

test('a short last column leaves no blanks at the end', () => {
  const rows = [
    ['a', 'long'],
    ['b', 'c'],
  ]
  expect(table(rows)).toBe('a  long\nb  c\n')
})

test('no colours where there is no terminal', () => {
  expect(colors({ isTTY: false } as NodeJS.WriteStream).red('x')).toBe('x')
})

test('the bar of runs: begins anew for another method, ends by itself, and is not there for a few runs or where nobody looks', async () => {
  const calls: string[] = []
  const bar = {
    start: (total: number, value: number) => void calls.push(`start ${value}/${total}`),
    update: (value: number) => void calls.push(`${value}`),
    increment() {},
    stop: () => void calls.push('stop'),
  }
  const make = async (): Promise<typeof bar> => bar
  const { progress, clear } = await runBar(true, true, make)
  progress(1, 1)
  progress(4, 8)
  for (const done of [32, 64, 100]) progress(done, 100)
  for (const done of [32, 64]) progress(done, 200)
  progress(32, 200)
  clear()
  clear()
  expect(calls).toEqual(['start 32/100', '64', 'stop', 'start 32/200', '64', 'stop', 'start 32/200', 'stop'])
  for (const [wanted, terminal] of [
    [false, true],
    [true, false],
  ] as const) {
    const silent = await runBar(wanted, terminal, () => Promise.reject(new Error('a bar was made')))
    silent.progress(1, 1000)
  }
})
