/** @file Starts a side of a comparison and asks it; the process stays open. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/**
 * @typedef {import('./serve.mjs').Ask} Ask
 * @typedef {import('./serve.mjs').Answer} Answer
 * @typedef {{ about: { versions?: Record<string, string> }, ask: (ask: Ask) => Promise<Answer>, close: () => void }} Side
 */

/**
 * @param {string} program
 * @param {readonly string[]} words
 * @returns {Promise<Side>}
 */
export async function startSide(program, words) {
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONWARNINGS: 'ignore', TQDM_DISABLE: '1' }
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'], env })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => {
    // libraries print, too: an answer is an object
    for (;;) {
      const { done, value } = await lines.next()
      if (done) throw new Error(`${[program, ...words].join(' ')} ended`)
      if (value.startsWith('{')) return JSON.parse(value)
    }
  }
  const about = await next()
  return {
    about,
    async ask(ask) {
      child.stdin.write(`${JSON.stringify(ask)}\n`)
      const answer = await next()
      if (answer.error) throw new Error(`${ask.network}, ${ask.task}: ${answer.error}`)
      return answer
    },
    close: () => child.stdin.end(),
  }
}
