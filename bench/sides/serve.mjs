/** @file A side of a comparison, in a process of its own: one JSON line asks, one answers with milliseconds. */
import { createInterface } from 'node:readline'

/**
 * @typedef {{ network: string, file: string, task: string, target: number, times: number, map?: boolean, fresh?: boolean, options: object }} Ask `fresh`: of a network opened anew
 * @typedef {{ ms: number[], map?: number[] }} Answer
 */

/** What is timed; what it gives is a map, where there is one. @typedef {() => Promise<ArrayLike<number> | undefined>} Run */

/**
 * @param {object} about
 * @param {(ask: Ask) => Promise<Run>} prepare
 */
export async function serve(about, prepare) {
  console.log(JSON.stringify(about))
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      console.log(JSON.stringify(await answer(JSON.parse(line), prepare)))
    } catch (error) {
      console.log(JSON.stringify({ error: String(error) }))
    }
  }
}

/** @param {Ask} ask @param {(ask: Ask) => Promise<Run>} prepare @returns {Promise<Answer>} */
async function answer(ask, prepare) {
  const run = await prepare(ask)
  const ms = []
  /** @type {ArrayLike<number> | undefined} */
  let map
  for (let i = 0; i < ask.times; i++) {
    const start = performance.now()
    map = await run()
    ms.push(performance.now() - start)
  }
  return { ms, ...(ask.map && map ? { map: Array.from(map) } : {}) }
}
