/** @file `npm run test:conformance`: all checks on all providers; what is seen goes into docs/data and docs/operators.md. */
import { run, setup } from './setup.mjs'

process.env['GRADCAM_CONFORMANCE'] = 'whole'
const passed = setup() && run('vitest', ['run', '--maxWorkers=1', 'conformance-', 'faults'])
const written = run('node', ['scripts/operators.mjs'])
process.exitCode = passed && written ? 0 : 1
