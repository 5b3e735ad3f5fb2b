/** @file The asking end of the line: calls to a thread, and what becomes of them when it dies. */
import { GradcamError } from '../core/errors.ts'
import { type Answer, type Calls, errorOf, type Line, type Question } from './messages.ts'

/** A thread as a place starts it. */
export interface Thread extends Line<Question, Answer> {
  /** Tells, once, that the thread has ended without being asked to, and why. */
  whenLost(lost: (cause: unknown) => void): void
  /** Whether somebody waits for it: a thread without work does not keep the process. */
  awaited(yes: boolean): void
  end(): Promise<void>
}

/** A session in a thread. */
export type Opened = Awaited<ReturnType<Calls['open']>>

/** A thread that answers calls. */
export interface Remote {
  readonly lost: boolean
  call<N extends keyof Calls>(name: N, ...args: Parameters<Calls[N]>): ReturnType<Calls[N]>
  end(): Promise<void>
}

interface Caller {
  resolve(value: unknown): void
  reject(error: unknown): void
}

const gone = (cause: unknown): GradcamError =>
  new GradcamError('run-failed', `a worker ended before its work was done: ${cause instanceof Error ? cause.message : String(cause)}`, {
    hint: 'run it again, which starts another one; where memory is short, take fewer `workers`',
    cause,
  })

export function remoteOf(thread: Thread): Remote {
  const callers = new Map<number, Caller>()
  let calls = 0
  let loss: { cause: unknown } | undefined
  const lose = (cause: unknown): void => {
    loss ??= { cause }
    const left = [...callers.values()]
    callers.clear()
    for (const { reject } of left) reject(gone(cause))
  }
  thread.awaited(false)
  thread.whenLost(lose)
  thread.listen((answer) => {
    const caller = callers.get(answer.call)
    callers.delete(answer.call)
    if (callers.size === 0) thread.awaited(false)
    if ('failure' in answer) caller?.reject(errorOf(answer.failure))
    else caller?.resolve(answer.value)
  })
  return {
    get lost() {
      return loss !== undefined
    },
    call: ((name: keyof Calls, ...args: never) =>
      new Promise((resolve, reject) => {
        if (loss) return reject(gone(loss.cause))
        const call = ++calls
        thread.send({ call, name, args })
        callers.set(call, { resolve, reject })
        if (callers.size === 1) thread.awaited(true)
      })) as Remote['call'],
    async end() {
      await thread.end()
      lose(new Error('it was closed'))
    },
  }
}
