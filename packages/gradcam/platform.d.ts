/** @file What the core may use besides the language: globals that browsers, Node, workers and edge runtimes all have. */

interface AbortSignal {
  readonly aborted: boolean
  readonly reason: unknown
  throwIfAborted(): void
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void
  removeEventListener(type: 'abort', listener: () => void): void
}

declare const crypto: { readonly subtle: { digest(algorithm: 'SHA-256', data: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> } }
declare const performance: { now(): number }

declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean })
  decode(bytes?: ArrayBuffer | ArrayBufferView): string
}

declare class URL {
  readonly href: string
}

declare function setTimeout(callback: (nothing?: undefined) => void, milliseconds?: number): unknown
declare function clearTimeout(timer: unknown): void
declare function btoa(text: string): string
declare function atob(text: string): string
