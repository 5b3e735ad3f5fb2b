/** @file What a kind of objective is: its fields, its words, its files, its help, and how it is made. One file a kind, in one table. */
import type { GradcamError } from '../core/errors.ts'
import type { Pixels } from '../core/pixels.ts'
import type { Tensor } from '../core/tensor.ts'
import type { ClassScores } from './class-scores.ts'
import type { ObjectiveContext } from './context.ts'
import type { Fields } from './fields.ts'
import type { Label } from './labels.ts'
import type { Objective } from './objective.ts'

/** Any description of an objective. */
export interface AnySpec {
  kind: string
}

/** A label, an index, `top-K`, words of the command line, or a description. */
export type AnyInput = Label | AnySpec

/** The same where it stands within another description: whatever fields it has are checked when it is used. */
export type InnerInput = AnyInput | ({ kind: string } & Readonly<Record<string, unknown>>)

/** A file that is read before anything is explained. */
export interface FileRef {
  file: string
}

/** How many values become one score. */
export type Reduction = 'sum' | 'mean'

/** Reads the words behind a prefix of the command line. */
export type ReadWords<S> = (rest: string, reader: WordReader) => S

interface WordReader {
  /** An objective within the objective. */
  inner(text: string): AnyInput
  /** Of the model. */
  labels: readonly string[]
  bad(hint: string): GradcamError
}

/** Reads the files that a description names. */
export interface ObjectiveFiles {
  bytes(file: string): Promise<Uint8Array>
  /** Values of a `.npy` or `.pb` file; undefined for files of another ending. */
  tensor(file: string): Promise<Tensor | undefined>
  photo(file: string): Promise<Pixels>
  /** A photo, or a tensor file, as the network takes it. */
  prepared(file: string): Promise<Tensor>
  /** An objective within the objective. */
  inner(input: AnyInput): Promise<AnyInput>
}

/** An objective for all images, or one for each. */
export type Target = Objective | Objective[]

/** What an objective is made with. */
export interface Making extends ObjectiveContext {
  scores: ClassScores
  /** Objectives image by image, one after another. */
  forEachImage(make: (n: number) => Promise<Objective>): Promise<Objective[]>
  /** An objective within the objective: one for each image. */
  inner(input: AnyInput): Promise<Objective[]>
}

export interface ObjectiveKind<S extends AnySpec> {
  kind: S['kind']
  /** Fields of a description besides `kind`. */
  fields: Fields
  /** What is wrong with fields that fit each by itself: what, and what to do. */
  conflict?(spec: S): readonly [what: string, hint: string] | undefined
  /** By prefix on the command line. */
  words?: Readonly<Record<string, ReadWords<S>>>
  /** Words and their meaning, as the command's help shows them. */
  help: readonly (readonly [words: string, meaning: string])[]
  /** The description with what its files hold. */
  readFiles?(spec: S, files: ObjectiveFiles): Promise<AnyInput>
  /** What the description stands for: one target, unless it means several. */
  make(spec: S, making: Making): Promise<readonly Target[]>
}
