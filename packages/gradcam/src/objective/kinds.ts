/** @file The one table of kinds of objectives. Checking, words, files, help and making iterate it; tests and docs do, too. */
import type { AnySpec, ObjectiveKind } from './kind.ts'
import { againstKind } from './kinds/against.ts'
import { boxKind } from './kinds/box.ts'
import { classKind } from './kinds/class.ts'
import { classesKind } from './kinds/classes.ts'
import { customKind } from './kinds/custom.ts'
import { differenceKind } from './kinds/difference.ts'
import { expressionKind } from './kinds/expression.ts'
import { fileKind } from './kinds/file.ts'
import { onnxKind } from './kinds/onnx.ts'
import { regionKind } from './kinds/region.ts'
import { similarKind } from './kinds/similar.ts'
import { valueKind } from './kinds/value.ts'
import type { Label } from './labels.ts'

const table = [
  classKind,
  classesKind,
  differenceKind,
  againstKind,
  valueKind,
  regionKind,
  boxKind,
  similarKind,
  expressionKind,
  onnxKind,
  customKind,
  fileKind,
] as const

type SpecOf<K> = K extends ObjectiveKind<infer S> ? S : never

/** What may be explained, as data: the same in code, as JSON, and behind the words of the command line. */
export type ObjectiveSpec = SpecOf<(typeof table)[number]>

/** A label, an index, `top-K`, words of the command line, or the description itself. */
export type ObjectiveInput = Label | ObjectiveSpec

/** All kinds of objectives, in the order of the docs. */
export const objectiveKinds: readonly ObjectiveKind<AnySpec>[] = table

export const kindNamed = (kind: unknown): ObjectiveKind<AnySpec> | undefined => objectiveKinds.find((each) => each.kind === kind)
