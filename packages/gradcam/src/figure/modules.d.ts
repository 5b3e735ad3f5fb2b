/** @file The parts of untyped dependencies that the figures use. */

declare module 'd3-scale-chromatic' {
  export const interpolateTurbo: (t: number) => string
  export const interpolateViridis: (t: number) => string
  export const interpolateInferno: (t: number) => string
  export const interpolateMagma: (t: number) => string
  export const interpolatePlasma: (t: number) => string
  export const interpolateRdBu: (t: number) => string
  export const interpolateCividis: (t: number) => string
}

declare module 'opentype.js' {
  type Parse = (bytes: ArrayBuffer, options?: { lowMemory?: boolean }) => import('./font.ts').Font
  // the CommonJS build, which Node takes, has only a default export; the module build, which bundlers take, has none
  export const parse: Parse | undefined
  const whole: { parse: Parse } | undefined
  export default whole
}
