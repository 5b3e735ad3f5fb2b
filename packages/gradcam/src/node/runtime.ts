/** @file ONNX Runtime for Node. */
import * as ort from 'onnxruntime-node'
import { onnxRuntime } from '../runtime/onnxruntime.ts'
import type { Runtime } from '../runtime/runtime.ts'

/** The CPU runtime. `threads`: inside one operator; all cores when absent. */
export const nodeRuntime = (options: { threads?: number } = {}): Runtime => onnxRuntime(ort, { provider: 'cpu', ...options })
