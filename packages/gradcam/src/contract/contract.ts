/** @file What a model takes and gives, as a plain value: every fact with where it comes from. */
import type { Warning } from '../core/errors.ts'
import type { AnswerKind } from './answer.ts'
import type { Fact } from './fact.ts'
import type { InputFacts } from './input.ts'
import type { OutputContract } from './output-kind.ts'
import type { Preparation } from './preparation.ts'
import type { Task } from './task.ts'

/** What a model takes and gives. JSON holds it. */
export interface Contract {
  model: string
  /** Path or URL of the `.onnx` file; undefined for bytes. */
  file: string | undefined
  producer: string
  opset: number
  task: Fact<Task | undefined>
  inputs: readonly InputFacts[]
  /** The input that takes the photo; undefined where none does. */
  imageInput: Fact<string> | undefined
  /** What the graph does to the image before its first layer: `Div 255`. */
  inGraph: readonly string[]
  /** How a photo becomes the input; undefined where no input takes a photo. */
  preparation: Preparation | undefined
  labels: Fact<readonly string[]>
  outputs: readonly OutputContract[]
  /** What is explained and predicted where nothing is named. */
  answer: Fact<AnswerKind>
  /** What is assumed, and what contradicts what. */
  warnings: readonly Warning[]
}
