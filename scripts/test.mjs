/** @file `npm test`: install, build, format, lint, types, structure, packages, tests; the last line is the count of all of them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root, run, setup } from './setup.mjs'
import { structure } from './structure.mjs'

// from CommonJS the packages are ES modules, which `require` takes since Node 20.19
const attw = ['--profile', 'node16', '--ignore-rules', 'cjs-resolves-to-esm', '--exclude-entrypoints', './package.json']

/** @type {[string, () => boolean][]} */
const checks = [
  ['format', () => run('biome', ['format', '--reporter=summary'])],
  ['lint', () => run('oxlint', ['--tsconfig', 'tsconfig.test.json'])],
  ['types', () => run('tsc', ['-p', 'tsconfig.test.json'])],
  ['structure', structure],
  ...readdirSync(`${root}packages`).flatMap(
    /** @returns {[string, () => boolean][]} */ (name) => [
      [`publint ${name}`, () => run('publint', ['run', `packages/${name}`, '--strict'])],
      [`attw ${name}`, () => run('attw', ['--pack', `packages/${name}`, '--no-summary', ...attw])],
    ],
  ),
]

/**
 * Counts of a vitest JSON report. A test file that could not be loaded counts as one failure.
 *
 * @param {string} file
 */
function totals(file) {
  /** @type {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number, testResults: { status: string, assertionResults: unknown[] }[] }} */
  const report = JSON.parse(readFileSync(file, 'utf8'))
  const unloaded = report.testResults.filter((suite) => suite.status === 'failed' && suite.assertionResults.length === 0)
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

/**
 * Runs vitest.
 *
 * @param {readonly string[]} args patterns and options for vitest
 */
function vitest(args) {
  const folder = mkdtempSync(join(tmpdir(), 'gradcam-test-'))
  try {
    const file = join(folder, 'report.json')
    const ok = run('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`, ...args])
    const counts = totals(file)
    // An error outside of any test (an unhandled rejection, no test file found) is a failure too.
    return ok || counts.failed > 0 ? counts : { ...counts, failed: 1 }
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Runs everything; a failing check does not stop the others.
 *
 * @param {readonly string[]} args
 * @returns {boolean}
 */
export function test(args) {
  if (!setup()) {
    console.log('the workspace does not build\n0 passed, 1 failed')
    return false
  }
  const broken = checks.filter(([, check]) => !check()).map(([name]) => name)
  const { passed, failed, skipped } = vitest(args)
  if (skipped > 0) console.log(`${skipped} tests skipped`)
  if (broken.length > 0) console.log(`failed besides the tests: ${broken.join(', ')}`)
  console.log(`${passed} passed, ${failed + broken.length} failed`)
  return failed + broken.length === 0
}
