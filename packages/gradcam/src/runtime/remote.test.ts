import { expect, test } from 'vitest'
import { GradcamError } from '../core/errors.ts'
import { failureOf, type Answer, type Question } from './messages.ts'
import { remoteOf, type Thread } from './remote.ts'
import { sideBySide } from './side-by-side.ts'

/** A thread that answers when it is told to. */
function pretended() {
  const sent: Question[] = []
  const state = { awaited: true, ended: false }
  let hear: (answer: Answer) => void = () => undefined
  let lose: (cause: unknown) => void = () => undefined
  const thread: Thread = {
    send: (question) => void sent.push(question),
    listen: (heard) => void (hear = heard),
    whenLost: (lost) => void (lose = lost),
    awaited: (yes) => void (state.awaited = yes),
    end: async () => void (state.ended = true),
  }
  return { thread, sent, state, answer: (answer: Answer) => hear(answer), lose: (cause: unknown) => lose(cause) }
}

const model = { bytes: new Uint8Array(4), external: [] }
const memory = new Error('Worker terminated due to reaching memory limit')

test('answers find their calls, in whatever order they come; a thread keeps the process while it is waited for', async () => {
  const { thread, state, sent, answer } = pretended()
  const remote = remoteOf(thread)
  expect(state.awaited).toBe(false)
  const [first, second] = [remote.call('release', 1), remote.call('run', 2, {}, undefined)]
  expect(sent.map(({ name, args }) => [name, ...args])).toEqual([
    ['release', 1],
    ['run', 2, {}, undefined],
  ])
  expect(state.awaited).toBe(true)
  answer({ call: 2, value: 'second' })
  expect(await second).toBe('second')
  expect(state.awaited).toBe(true)
  answer({ call: 1, value: 'first' })
  expect(await first).toBe('first')
  expect(state.awaited).toBe(false)
})

test('a failure is the same error on this side, with its cause as text', async () => {
  const { thread, answer } = pretended()
  const call = remoteOf(thread).call('release', 1)
  const error = new GradcamError('model-refused', 'no', { hint: 'try', data: { option: 'x' }, cause: new Error('deep') })
  answer({ call: 1, failure: structuredClone(failureOf(error)) })
  await expect(call).rejects.toMatchObject({ code: 'model-refused', message: 'no', hint: 'try', data: { option: 'x' } })
  await expect(call).rejects.toHaveProperty('cause.message', expect.stringContaining('deep'))
})

test('a thread that is lost fails all calls with its reason, and later ones as well', async () => {
  const { thread, lose } = pretended()
  const remote = remoteOf(thread)
  const calls = [remote.call('release', 1), remote.call('release', 2)]
  lose(memory)
  for (const call of [...calls, remote.call('release', 3)])
    await expect(call).rejects.toMatchObject({ code: 'run-failed', message: expect.stringContaining('memory limit'), cause: memory })
  expect(remote.lost).toBe(true)
})

test('runs go to the thread with least to do, and a lost one is replaced, with the session opened anew', async () => {
  const threads: ReturnType<typeof pretended>[] = []
  const start = (): Thread => {
    const made = pretended()
    // opens at once, runs never
    made.thread.send = (question) => {
      made.sent.push(question)
      if (question.name === 'open') queueMicrotask(() => made.answer({ call: question.call, value: { id: 7, inputs: [], outputs: [] } }))
    }
    threads.push(made)
    return made.thread
  }
  const pool = sideBySide(start, 3)
  const session = await pool.open(model, { runs: 2 })
  expect(threads.length).toBe(2)
  const runs = Array.from({ length: 5 }, () => session.run({}))
  for (const run of runs) run.catch(() => undefined)
  await new Promise((resolve) => setTimeout(resolve))
  const names = () => threads.map(({ sent }) => sent.map(({ name }) => name).join(' '))
  expect(names()).toEqual(['open run run', 'open run run', 'open run'])
  threads[2]?.lose(memory)
  await expect(runs[2]).rejects.toMatchObject({ code: 'run-failed' })
  session.run({}).catch(() => undefined)
  await new Promise((resolve) => setTimeout(resolve))
  expect(names()[3]).toBe('open run')
  await pool.close()
  expect(threads.map(({ state }) => state.ended)).toEqual([true, true, false, true])
  expect((await Promise.allSettled(runs)).map(({ status }) => status)).toEqual(runs.map(() => 'rejected'))
})
