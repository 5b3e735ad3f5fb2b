/** @file The conformance suite: every rule and every network on one execution provider, against the same truth. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { GradcamError } from '../../src/core/errors.ts'
import type { Provider } from '../../src/runtime/runtime.ts'
import { notHere, type Check, type Seen, tolerances } from './conformance-check.ts'
import { goldenChecks } from './conformance-golden.ts'
import { ownChecks } from './conformance-own.ts'
import { runtimeFor, unavailable } from '../support/providers.ts'

/** `npm run test:conformance`: all checks, and what is seen goes into docs/data. */
const whole = process.env['GRADCAM_CONFORMANCE'] === 'whole'

const recordFile = (provider: Provider): string =>
  fileURLToPath(new URL(`../../../../docs/data/conformance-${provider}.json`, import.meta.url))

/** What the last whole run saw. */
export function recorded(provider: Provider): Record<string, Seen> {
  const file = recordFile(provider)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, Seen>) : {}
}

/** One line per check, by title. */
function record(provider: Provider, seen: ReadonlyMap<string, Seen>): void {
  const lines = [...seen]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([title, entry]) => `  ${JSON.stringify(title)}: ${JSON.stringify(entry)}`)
  writeFileSync(recordFile(provider), `{\n${lines.join(',\n')}\n}\n`)
}

/** All checks, golden ones first. */
export const allChecks = (): Check[] => [...goldenChecks(), ...ownChecks]

/** Registers the tests. `sample` chooses among the checks where not all are run. */
export function conformance(provider: Provider, sample: (all: readonly Check[]) => readonly Check[] = (all) => all): void {
  const missing = unavailable(provider)
  if (missing !== undefined) {
    describe(`conformance on ${provider}`, () => test.skip(`skipped: ${missing}`, () => {}))
    return
  }
  const golden = goldenChecks()
  const all = [...golden, ...ownChecks]
  const checks = whole ? all : sample(all)
  const before = recorded(provider)
  const seen = new Map<string, Seen>()

  describe(`conformance on ${provider}, ${checks.length} of ${all.length} checks`, () => {
    if (golden.length === 0) test.skip('skipped: needs ../shared/golden, which is missing', () => {})
    for (const check of checks) {
      // what a provider cannot run is expected of it, too: the day it can, this fails
      const unable = before[check.title]?.outcome === 'not here' ? ': this provider cannot run the model' : ''
      test(`${check.title}${unable}`, async () => {
        const entry = await look(check, provider, (outcome) => seen.set(check.title, outcome))
        if (!whole) expect(entry, 'docs/data is out of date: npm run test:conformance').toEqual(before[check.title])
      })
    }
    if (whole && golden.length > 0) afterAll(() => record(provider, seen))
    else if (golden.length > 0) {
      test('docs/data holds these checks and no others', () => {
        expect(Object.keys(before)).toEqual(all.map(({ title }) => title).sort())
      })
    }
  })
}

/** Runs one check and tells what came of it; throws what went wrong where the model itself runs. */
async function look(check: Check, provider: Provider, tell: (seen: Seen) => void): Promise<Seen> {
  const runtime = await runtimeFor(provider)
  const came = (outcome: Seen['outcome'], reason?: string): Seen => {
    const seen: Seen = { operators: check.operators, opset: check.opset, outcome, ...(reason === undefined ? {} : { reason }) }
    tell(seen)
    return seen
  }
  try {
    await check.run(runtime, tolerances[provider])
    return came('passed')
  } catch (error) {
    if (check.refused && error instanceof GradcamError && error.code === 'unsupported-operator') return came('refused')
    const reason = await notHere(check, runtime, await runtimeFor('cpu'))
    if (reason !== undefined) return came('not here', reason)
    came('failed')
    throw error
  }
}
