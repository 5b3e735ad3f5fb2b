/** @file The thread of a worker: answers the calls of the thread that started it. */
import { parentPort, workerData } from 'node:worker_threads'
import { answerCalls } from '../runtime/answering.ts'
import { engineRuntime } from './runtime.ts'
import type { Question } from '../runtime/messages.ts'
import { endMessage, type ThreadSettings } from './thread.ts'

const port = parentPort
if (!port) throw new Error('this is the code of a worker')
const { engine, threads } = workerData as ThreadSettings
let runtime: ReturnType<typeof engineRuntime> | undefined
answerCalls(
  {
    send: (message) => port.postMessage(message, []),
    listen: (heard) =>
      void port.on('message', (message: Question | typeof endMessage) => (message === endMessage ? process.exit() : heard(message))),
  },
  () => (runtime ??= engineRuntime(engine, threads === undefined ? {} : { threads })),
)
