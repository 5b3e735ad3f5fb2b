/** @file docs/operators.md says what the tests saw, of every operator that has a rule. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { operatorsPage } from '../../../../scripts/operators.mjs'
import packageJson from '../../package.json' with { type: 'json' }
import { zeroGradient } from '../../src/gradient/rules/zero.ts'
import { aliases } from '../../src/graph/operators.ts'
import { plain } from '../../src/gradient/tables.ts'
import { faults } from '../../src/runtime/capabilities.ts'
import type { Provider } from '../../src/runtime/runtime.ts'
import { recorded } from './conformance.ts'

const providers: readonly Provider[] = ['cpu', 'wasm', 'webgpu']
const seen = Object.fromEntries(providers.map((provider) => [provider, recorded(provider)]))
const operators = Object.keys(plain)

describe('docs/operators.md', () => {
  test('is what docs/data and the rule table make', () => {
    const version = packageJson.devDependencies['onnxruntime-node']
    const page = operatorsPage({ version, operators, zero: zeroGradient, aliases, faults: Object.values(faults), seen })
    const file = readFileSync(new URL('../../../../docs/operators.md', import.meta.url), 'utf8')
    expect(file, 'out of date: npm run docs:operators').toBe(page)
  })

  for (const provider of providers) {
    test(`every rule was tested on ${provider}, or the reason is known why it cannot be`, () => {
      const checks = Object.values(recorded(provider))
      const untested = operators.filter(
        (operator) => !checks.some((check) => check.operators.includes(operator) && (check.outcome !== 'not here' || check.reason)),
      )
      expect(untested).toEqual([])
    })

    test(`no check failed on ${provider}`, () => {
      const failed = Object.entries(recorded(provider)).filter(([, { outcome }]) => outcome === 'failed')
      expect(failed.map(([title]) => title)).toEqual([])
    })
  }
})
