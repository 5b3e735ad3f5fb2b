/** @file Types of the part of cli-progress that is used here. */
declare module 'cli-progress' {
  interface Options {
    format: string
    stream: NodeJS.WritableStream
    /** null leaves the cursor alone. */
    hideCursor: boolean | null
    clearOnComplete: boolean
  }
  export class SingleBar {
    constructor(options: Options)
    start(total: number, value: number): void
    increment(): void
    update(value: number): void
    stop(): void
  }
  const module: { SingleBar: typeof SingleBar }
  export default module
}
