/** @file Every rule and every network on the WASM build of ONNX Runtime. */
import { conformance } from './conformance.ts'

conformance('wasm')
