/** @file The line of progress: what it says, when, and how it leaves the results alone. */
import { expect, test } from 'vitest'
import { countProgress, duration } from './progress.ts'

const counter = (photos: number, terminal: boolean, quiet = false) => {
  const [shown, told]: [string[], string[]] = [[], []]
  let time = 0
  const progress = countProgress({
    photos,
    quiet,
    terminal,
    now: () => time,
    show: (text) => void shown.push(text),
    tell: (text) => void told.push(text),
  })
  return { ...progress, shown, told, pass: (milliseconds: number) => void (time += milliseconds) }
}

test('durations', () => {
  const seconds = [0.2, 45, 59.7, 339.6, 3599.7, 7500]
  expect(seconds.map((each) => duration(each * 1000))).toEqual(['1 s', '45 s', '1 min 0 s', '5 min 40 s', '1 h 0 min', '2 h 5 min'])
})

test('on a terminal: nothing is guessed at the start, then the time that is left', () => {
  const { photos, shown, pass } = counter(10, true)
  photos(0)
  pass(1000)
  photos(1)
  pass(2000)
  photos(3)
  expect(shown.map((line) => line.replace(/[█░]+/, ''))).toEqual([' 0 of 10 photos', ' 1 of 10 photos', ' 3 of 10 photos, 7 s left'])
})

test('runs of one photo: of many only, a share of the photo where there are several', () => {
  const one = counter(1, true)
  one.photos(0)
  one.runs(1, 8)
  one.pass(5000)
  one.runs(30, 60)
  expect(one.shown).toEqual([`${'█'.repeat(10)}${'░'.repeat(10)} 30 of 60 runs, 5 s left`])
  expect(one.summary()).toBe('30 of 60 runs')
  const two = counter(2, true)
  two.photos(1)
  two.pass(3000)
  two.runs(30, 60)
  expect(two.shown.at(-1)).toBe(`${'█'.repeat(15)}${'░'.repeat(5)} 1 of 2 photos, 1 s left`)
})

test('elsewhere: a line every half minute', () => {
  const { photos, told, shown, pass } = counter(100, false)
  for (let i = 0; i <= 65; i++) {
    photos(i)
    pass(1000)
  }
  expect(shown).toEqual([])
  expect(told).toEqual(['30 of 100 photos, 1 min 10 s left\n', '60 of 100 photos, 40 s left\n'])
})

test('quiet: nothing, but counted all the same', () => {
  const { photos, shown, told, summary, pass } = counter(100, true, true)
  pass(60_000)
  photos(3)
  expect([shown, told, summary()]).toEqual([[], [], '3 of 100 photos'])
})
