/** @file ONNX Runtime's own RotaryEmbedding (com.microsoft), whose inputs have another order. */
export { inMicrosoftForm as RotaryEmbedding } from './rotary.ts'
