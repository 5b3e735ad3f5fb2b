/** @file The thread's end of the line: opens, runs and releases the sessions that messages ask for, one after the other. */
import { internalError } from '../core/errors.ts'
import { type Answer, type Calls, compactTensors, failureOf, type Line, type Question } from './messages.ts'
import type { Runtime, Session } from './runtime.ts'
import { createQueue } from './serial.ts'

/** Answers questions until the thread ends. */
export function answerCalls(line: Line<Answer, Question>, runtime: () => Promise<Runtime>): void {
  const sessions = new Map<number, Session>()
  let count = 0
  const sessionOf = (id: number): Session => {
    const session = sessions.get(id)
    if (session) return session
    throw internalError(`the thread has no session ${id}`)
  }
  const calls: Calls = {
    async open(model, options) {
      const session = await (await runtime()).open(model, options)
      sessions.set(++count, session)
      return { id: count, inputs: session.inputs, outputs: session.outputs }
    },
    run: async (id, feeds, fetches) => compactTensors(await sessionOf(id).run(feeds, fetches)),
    async release(id) {
      const session = sessionOf(id)
      sessions.delete(id)
      await session.release()
    },
  }
  const done = async ({ name, args }: Question): Promise<unknown> => (calls[name] as (...args: unknown[]) => Promise<unknown>)(...args)
  const queue = createQueue()
  line.listen((question) => {
    const { call } = question
    void queue(() => done(question)).then(
      (value) => line.send({ call, value }),
      (error: unknown) => line.send({ call, failure: failureOf(error) }),
    )
  })
}
