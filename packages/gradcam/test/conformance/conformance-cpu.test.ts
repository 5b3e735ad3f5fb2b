/** @file Every rule and every network on the CPU. */
import { conformance } from './conformance.ts'

conformance('cpu')
